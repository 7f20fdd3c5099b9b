/**
 * Modules that are loaded when they are chosen. What they import may be missing or unreadable on this machine, which
 * is a failure like that of any other file and no bug.
 */
import { Effect } from "effect"
import { Io } from "../../domain/storage/StorageFailure.ts"

/** `what` is named in the failure. */
export const load = <Module>(what: string, module: () => Promise<Module>): Effect.Effect<Module, Io> =>
  Effect.tryPromise({
    try: module,
    catch: (cause) => new Io({ store: "installation", operation: `load ${what}`, cause })
  })
