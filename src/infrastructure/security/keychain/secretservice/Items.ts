/**
 * One item by its name, among all that the service finds for it.
 */
import { Data, Effect, Option } from "effect"
import type { DBusFailure } from "../dbus/DBusFailure.ts"
import type { AmbiguousItem, ItemRef } from "../Keychain.ts"
import * as KeychainFixes from "../KeychainFixes.ts"
import * as Names from "./Names.ts"
import * as Objects from "./Objects.ts"
import type { ServiceSession } from "./ServiceSession.ts"

/** These have to be unlocked before the answer can be known. */
export class NeedsUnlock extends Data.TaggedError("NeedsUnlock")<{ readonly objects: ReadonlyArray<string> }> {}

const plainAttributes = new Set(["service", "username", "xdg:schema"])

const exactOnes = (session: ServiceSession, paths: ReadonlyArray<string>) =>
  Effect.filter(
    paths,
    (path) =>
      Effect.map(Objects.attributesOf(session, path), (attributes) =>
        [...attributes.keys()].every((key) => plainAttributes.has(key))),
    { concurrency: 16 }
  )

/**
 * The one item with these attributes. Items with further attributes count only where no other has exactly these; two of
 * the same kind are ambiguous. `none` is no proof of absence while a collection is locked.
 */
export const locate = (
  session: ServiceSession,
  item: ItemRef
): Effect.Effect<Option.Option<string>, DBusFailure | AmbiguousItem | NeedsUnlock> =>
  Effect.gen(function*() {
    const { locked, unlocked } = yield* Objects.search(session, Names.query(item))
    if (locked.length > 0) return yield* new NeedsUnlock({ objects: locked })
    if (unlocked.length <= 1) return Option.fromNullable(unlocked[0])
    const exact = yield* exactOnes(session, unlocked)
    if (exact.length !== 1) return yield* KeychainFixes.ambiguous(exact.length === 0 ? unlocked.length : exact.length)
    return Option.fromNullable(exact[0])
  })

/** The default collection, open: what is not found then is not there. */
export const home = (session: ServiceSession) =>
  Effect.gen(function*() {
    const collection = yield* Objects.defaultCollection(session)
    if (Option.isNone(collection)) return yield* KeychainFixes.unavailable("NoDefaultCollection")
    if (yield* Objects.isLocked(session, collection.value)) {
      return yield* new NeedsUnlock({ objects: [collection.value] })
    }
    return collection.value
  })

/** Of one service, sorted by account, each once. */
export const list = (session: ServiceSession, service: string) =>
  Effect.gen(function*() {
    const { locked, unlocked } = yield* Objects.search(session, new Map([["service", service]]))
    if (locked.length > 0) return yield* new NeedsUnlock({ objects: locked })
    yield* home(session)
    const attributes = yield* Effect.forEach(unlocked, (path) =>
      Effect.map(
        Effect.option(Objects.attributesOf(session, path)),
        Option.flatMapNullable((all) => all.get("username"))
      ), {
      concurrency: 16
    })
    const accounts = new Set(attributes.flatMap(Option.toArray))
    return Array.from(accounts).toSorted().map((account): ItemRef => ({ service, account }))
  })
