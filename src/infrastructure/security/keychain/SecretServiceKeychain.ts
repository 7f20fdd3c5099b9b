/**
 * `Keychain` in the Secret Service of a Linux desktop (GNOME Keyring, KeePassXC, KWallet), over our own D-Bus client.
 */
import { Effect, Layer, Option, Redacted } from "effect"
import type { Scope } from "effect"
import * as DesktopSession from "../../config/env/DesktopSession.ts"
import { isDBusFailure } from "./dbus/DBusFailure.ts"
import type { DBusFailure } from "./dbus/DBusFailure.ts"
import type { ItemRef, KeychainFailure, KeychainStatus } from "./Keychain.ts"
import { Keychain, ValueTooLarge } from "./Keychain.ts"
import * as KeychainFixes from "./KeychainFixes.ts"
import * as KeychainSpans from "./KeychainSpans.ts"
import * as Failures from "./secretservice/Failures.ts"
import * as Items from "./secretservice/Items.ts"
import * as Names from "./secretservice/Names.ts"
import * as Objects from "./secretservice/Objects.ts"
import * as Prompt from "./secretservice/Prompt.ts"
import * as ServiceSession from "./secretservice/ServiceSession.ts"
import * as UnlockFlight from "./UnlockFlight.ts"
import * as Waiting from "./Waiting.ts"

export interface Options extends Waiting.Waiting {
  /** Where the bus is and whether a dialog can be shown; this process's own environment by default. */
  readonly session?: DesktopSession.DesktopSession

  /** Largest value in bytes; 1 MiB by default. Services take some 32 MiB and then drop the connection. */
  readonly limit?: number
}

/** Unlocking one object can leave another locked, in a second collection. More rounds are a service that says one thing and does another. */
const rounds = 3

type Trouble = DBusFailure | KeychainFailure

/** A failure of the bus in the words of the port. */
const typed = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, Exclude<E, DBusFailure> | KeychainFailure> =>
  Effect.mapError(
    effect,
    (failure) => (isDBusFailure(failure) ? Failures.toKeychain(failure) : failure as Exclude<E, DBusFailure>)
  )

const read = (item: ItemRef) => (session: ServiceSession.ServiceSession) =>
  Effect.gen(function*() {
    const path = yield* Items.locate(session, item)
    if (Option.isNone(path)) return yield* Effect.as(Items.home(session), Option.none())
    const value = yield* Objects.secretOf(session, path.value)
    return Option.some(Redacted.make(yield* Effect.mapError(value, KeychainFixes.corrupt)))
  }).pipe(Effect.catchIf(Failures.isGone, () => Effect.succeedNone))

export const make = (options: Options = {}): Effect.Effect<typeof Keychain.Service, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { limit = 1024 * 1024, session: desktop = DesktopSession.current() } = options
    const keeper = yield* ServiceSession.make(desktop.busAddress)
    // Set while a dialog is open that its service does not survive closing.
    let mustStay = false
    const flight = UnlockFlight.make(Waiting.coolDownOf(options), () => !mustStay)

    const whoMayAsk = (mayAsk: boolean): Effect.Effect<void, KeychainFailure> => {
      if (!mayAsk) return KeychainFixes.locked()
      return desktop.interactive ? KeychainSpans.prompted : KeychainFixes.unavailable("NonInteractiveSession")
    }

    const ask = (objects: ReadonlyArray<string>) =>
      typed(keeper.use((session) =>
        Effect.gen(function*() {
          const prompt = yield* Objects.unlock(session, objects)
          mustStay = !(yield* Prompt.canDismiss(session))
          return yield* Prompt.run(session, prompt)
        })
      )).pipe(Effect.ensuring(Effect.sync(() => (mustStay = false))))

    /** Runs `step`, unlocking what it needs, with everybody else who waits for that. */
    const opening = <A>(
      step: (session: ServiceSession.ServiceSession) => Effect.Effect<A, Trouble | Items.NeedsUnlock>,
      mayAsk: boolean,
      left = rounds
    ): Effect.Effect<A, KeychainFailure> =>
      Effect.catchTag(
        typed(keeper.use(step)),
        "NeedsUnlock",
        ({ objects }) =>
          left === 0 ? KeychainFixes.locked() : whoMayAsk(mayAsk).pipe(
            Effect.zipRight(flight.join(ask(objects))),
            Effect.zipRight(opening(step, mayAsk, left - 1))
          )
      )

    /** Some services ask before they create or delete. */
    const confirm = (session: ServiceSession.ServiceSession, prompt: string, mayAsk: boolean) =>
      prompt === Names.noPrompt ? Effect.void : whoMayAsk(mayAsk).pipe(
        Effect.zipRight(Prompt.run(session, prompt)),
        Effect.flatMap((answer) => (answer === "accepted" ? Effect.void : KeychainFixes.dismissed()))
      )

    const write = (item: ItemRef, bytes: Uint8Array, mayAsk: boolean) => (session: ServiceSession.ServiceSession) =>
      Effect.gen(function*() {
        const path = yield* Items.locate(session, item)
        if (Option.isSome(path)) return yield* Objects.replaceSecret(session, path.value, bytes)
        const prompt = yield* Objects.createItem(session, yield* Items.home(session), item, bytes)
        yield* confirm(session, prompt, mayAsk)
      })

    const erase = (item: ItemRef, mayAsk: boolean) => (session: ServiceSession.ServiceSession) =>
      Effect.gen(function*() {
        const path = yield* Items.locate(session, item)
        if (Option.isNone(path)) return yield* Effect.as(Items.home(session), false)
        yield* confirm(session, yield* Objects.deleteItem(session, path.value), mayAsk)
        return true
      }).pipe(Effect.catchIf(Failures.isGone, () => Effect.succeed(false)))

    /** A service that does not answer in time is none. */
    const status = Waiting.within(options, { interaction: "never" })(() => typed(keeper.use(Items.home))).pipe(
      Effect.as<KeychainStatus>({ _tag: "Available", backend: Names.backend, persistence: "durable" }),
      Effect.catchAll((failure) =>
        Effect.succeed<KeychainStatus>(
          failure._tag === "NeedsUnlock"
            ? { _tag: "Locked", backend: Names.backend, canPrompt: desktop.interactive }
            : { _tag: "Unavailable", reason: failure._tag === "KeychainUnavailable" ? failure.reason : "NoService" }
        )
      )
    )

    return KeychainSpans.traced(Names.backend, {
      status,
      get: (item, access) => Waiting.within(options, access)((mayAsk) => opening(read(item), mayAsk)),
      set: (item, value, access) =>
        Waiting.within(options, access)((mayAsk): Effect.Effect<void, KeychainFailure | ValueTooLarge> => {
          const bytes = Redacted.value(value).slice()
          if (bytes.length > limit) return new ValueTooLarge({ limit, actual: bytes.length })
          return opening(write(item, bytes, mayAsk), mayAsk)
        }),
      remove: (item, access) => Waiting.within(options, access)((mayAsk) => opening(erase(item, mayAsk), mayAsk)),
      list: (service, access) =>
        Waiting.within(options, access)((mayAsk) => opening((session) => Items.list(session, service), mayAsk)),
      unlock: (access = {}) =>
        Waiting.within(options, { ...access, interaction: "allowed" })((mayAsk) =>
          Effect.asVoid(opening(Items.home, mayAsk))
        )
    })
  })

/** Connects at the first call. The connection is kept until the scope closes; one that nobody waits on keeps no process alive. */
export const layer = (options: Options = {}): Layer.Layer<Keychain> => Layer.scoped(Keychain, make(options))
