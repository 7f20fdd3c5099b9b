/**
 * `Keychain` of macOS and of Windows, through the optional package `@napi-rs/keyring` in a thread of its own. Not for
 * Linux, where that package can silently fall back to a store that forgets.
 */
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import type { Scope } from "effect"
import type { KeychainFailure, KeychainStatus } from "./Keychain.ts"
import { Keychain, ValueTooLarge } from "./Keychain.ts"
import * as KeychainFixes from "./KeychainFixes.ts"
import * as KeychainSpans from "./KeychainSpans.ts"
import * as NativeFailures from "./native/NativeFailures.ts"
import * as NativeWorker from "./native/NativeWorker.ts"
import * as Waiting from "./Waiting.ts"

export interface Options extends Waiting.Waiting {
  /** This process's own by default. */
  readonly platform?: NodeJS.Platform

  /** What to load instead of `@napi-rs/keyring`; it has to have the same `Entry` and `findCredentials`. */
  readonly module?: string
}

/** `limit` in bytes: CRED_MAX_CREDENTIAL_BLOB_SIZE, and for macOS what this port takes from every backend. */
const platforms: Readonly<Record<string, { readonly backend: string; readonly limit: number }>> = {
  darwin: { backend: "macos-keychain", limit: 1024 * 1024 },
  win32: { backend: "windows-credentials", limit: 2560 }
}

const unavailable = (reason: "UnsupportedPlatform") => {
  const fail = Effect.suspend(() => KeychainFixes.unavailable(reason))
  return Keychain.of({
    status: Effect.succeed({ _tag: "Unavailable", reason }),
    get: () => fail,
    set: () => fail,
    remove: () => fail,
    list: () => fail,
    unlock: () => fail
  })
}

const bytes = Schema.is(Schema.NullOr(Schema.Uint8ArrayFromSelf))
const accounts = Schema.is(Schema.Array(Schema.String))
const nothing = Schema.is(Schema.Undefined)

export const make = (options: Options = {}): Effect.Effect<typeof Keychain.Service, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { module = "@napi-rs/keyring", platform = process.platform } = options
    const known = platforms[platform]
    if (known === undefined) return unavailable("UnsupportedPlatform")
    const { backend, limit } = known
    const worker = yield* NativeWorker.make(module)

    /** `absent` is the answer where the system says that there is no such item. */
    const ask = <A>(request: NativeWorker.Request, is: (value: unknown) => value is A, absent?: A) =>
      Effect.flatMap(worker.ask(request), (answer): Effect.Effect<A, KeychainFailure> => {
        switch (answer._tag) {
          case "Value":
            return is(answer.value) ? Effect.succeed(answer.value) : KeychainFixes.corrupt()
          case "Missing":
            return KeychainFixes.unavailable("NativeModuleMissing")
          case "Lost":
            return KeychainFixes.backend(backend, answer.code)
          case "Failed":
            return absent !== undefined && NativeFailures.isAbsent(answer.text)
              ? Effect.succeed(absent)
              : NativeFailures.toKeychain(backend, answer.text)
        }
      })

    /** The system asks by itself, and cannot be asked beforehand whether it will: a call that may not ask can only stop waiting. */
    const within = (access: Parameters<typeof Waiting.within>[1]) => Waiting.within(options, access)

    const probe = within({ interaction: "never" })(() => ask({ call: "probe" }, Schema.is(Schema.Literal(true))))

    const status = probe.pipe(
      Effect.as<KeychainStatus>({ _tag: "Available", backend, persistence: "durable" }),
      Effect.catchAll((failure) =>
        Effect.succeed<KeychainStatus>(
          failure._tag === "KeychainUnavailable"
            ? { _tag: "Unavailable", reason: failure.reason }
            // A call that hangs behind a dialog.
            : { _tag: "Locked", backend, canPrompt: true }
        )
      )
    )

    return KeychainSpans.traced(backend, {
      status,
      get: (item, access) =>
        within(access)(() =>
          Effect.map(
            ask({ call: "get", ...item }, bytes, null),
            (value) => Option.map(Option.fromNullable(value), (found) => Redacted.make(found))
          )
        ),
      set: (item, value, access) =>
        within(access)((): Effect.Effect<void, KeychainFailure | ValueTooLarge> => {
          const copy = Redacted.value(value).slice()
          if (copy.length > limit) return new ValueTooLarge({ limit, actual: copy.length })
          return ask({ call: "set", ...item, value: copy }, nothing)
        }),
      remove: (item, access) =>
        within(access)(() => ask({ call: "remove", ...item }, Schema.is(Schema.Boolean), false)),
      list: (service, access) =>
        within(access)(() =>
          Effect.map(
            ask({ call: "list", service }, accounts, []),
            (names) => Array.from(new Set(names)).toSorted().map((account) => ({ service, account }))
          )
        ),
      // These systems unlock when an item is read; that the module is there is all that can be known.
      unlock: (access = {}) =>
        Effect.asVoid(
          within({ ...access, interaction: "allowed" })(() => ask({ call: "probe" }, Schema.is(Schema.Literal(true))))
        )
    })
  })

/** The thread starts at the first call, and keeps no process alive that waits for nothing. */
export const layer = (options: Options = {}): Layer.Layer<Keychain> => Layer.scoped(Keychain, make(options))
