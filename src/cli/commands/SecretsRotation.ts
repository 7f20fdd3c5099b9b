/**
 * `strata secrets rotate`: new keys.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Clock, Effect, Ref, Stream } from "effect"
import { Maintenance } from "../../domain/operations/Maintenance.ts"
import type { Progress } from "../../domain/operations/Maintenance.ts"
import { withSecrets } from "../InEnvironment.ts"
import { dim, green, note, print, printable, yellow } from "../Output.ts"

/** Between two lines about a work that takes long. */
const pauseMillis = 1_000

/** Tells how far it is, at most once a second and not for what is done at once. */
const telling = <E, R>(progress: Stream.Stream<Progress, E, R>) =>
  Effect.gen(function*() {
    const told = yield* Ref.make(yield* Clock.currentTimeMillis)
    yield* Stream.runForEach(progress, ({ done, total }) =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        if (now - (yield* Ref.get(told)) < pauseMillis) return
        yield* Ref.set(told, now)
        yield* note(dim(`  ${done} of ${total} written anew`))
      }))
  })

const root = Options.boolean("root").pipe(
  Options.withDescription(
    "A new root key instead: what unlocks the store now goes on to, other slots have to be added again"
  )
)

export const rotate = Command.make("rotate", { root }, (options) =>
  Effect.gen(function*() {
    const maintenance = yield* Maintenance
    if (!(yield* maintenance.status).exists) return yield* note(dim("There is no secret store yet: nothing to rotate."))
    yield* telling(maintenance.rotate(options.root ? "root-key" : "data-key"))
    yield* print(`${green("✔")} ${options.root ? "The root key is new" : "Every secret is sealed with a new key"}`)
    const { slots } = yield* maintenance.status
    for (const { id, type } of slots.filter(({ stale }) => stale)) {
      yield* note(
        yellow(
          `! Slot ${id} (${printable(type)}) does not open it any more: "strata secrets slots add ${printable(type)}"`
        )
      )
    }
  }).pipe(withSecrets("secrets rotate"))).pipe(
    Command.withDescription("Seal every secret with a new key; goes on where it was interrupted")
  )
