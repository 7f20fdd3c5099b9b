/**
 * `Keychain` behind a program that speaks the docker-credential protocol: `pass`, KeePassXC, 1Password and others.
 */
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import * as HelperFailures from "./command/HelperFailures.ts"
import * as HelperItems from "./command/HelperItems.ts"
import * as HelperProcess from "./command/HelperProcess.ts"
import type { ItemRef, KeychainFailure, KeychainStatus } from "./Keychain.ts"
import { Keychain, ValueTooLarge } from "./Keychain.ts"
import * as KeychainFixes from "./KeychainFixes.ts"
import * as KeychainSpans from "./KeychainSpans.ts"
import * as Waiting from "./Waiting.ts"

export interface Options extends Waiting.Waiting {
  /** The helper and arguments before the action, such as `["docker-credential-pass"]`. Not run by a shell. */
  readonly command: ReadonlyArray<string>

  /** What the helper's items survive; nobody can ask it. */
  readonly persistence?: "durable" | "boot" | "process"

  /** Largest value in bytes; 64 KiB by default. */
  readonly limit?: number
}

const backend = "helper"

/** Room for names and base64 around one value, and for a list of thousands. */
const outputLimit = (limit: number) => 2 * limit + 1024 * 1024

const Credentials = Schema.parseJson(Schema.Struct({
  ServerURL: Schema.String,
  Username: Schema.String,
  Secret: Schema.String
}))
const Listed = Schema.parseJson(Schema.NullOr(Schema.Record({ key: Schema.String, value: Schema.String })))

/** What failed to parse can hold a secret: not even its shape is told. */
const parsed = <A, I>(schema: Schema.Schema<A, I>) => (text: string) =>
  Effect.mapError(Schema.decodeUnknown(schema)(text), KeychainFixes.corrupt)

export const make = (options: Options): typeof Keychain.Service => {
  const { command, limit = 64 * 1024, persistence = "durable" } = options

  /** The output, or `none` for what the helper does not have. */
  const run = (action: "store" | "get" | "erase" | "list", input: string) =>
    Effect.flatMap(
      HelperProcess.run(command, action, input, outputLimit(limit)),
      (outcome): Effect.Effect<Option.Option<string>, KeychainFailure> => {
        if (outcome._tag === "NotStarted") return KeychainFixes.unavailable("NoService")
        if (outcome._tag === "TooMuchOutput") return KeychainFixes.backend(backend, outcome._tag)
        if (outcome.code === 0) return Effect.succeedSome(outcome.output)
        return HelperFailures.isAbsent(outcome.output)
          ? Effect.succeedNone
          : HelperFailures.toKeychain(outcome.output, outcome.code)
      }
    )

  const items: Effect.Effect<ReadonlyArray<ItemRef>, KeychainFailure> = run("list", "").pipe(
    Effect.flatMap((output) => parsed(Listed)(Option.getOrElse(output, () => "{}"))),
    Effect.map((all) => Object.keys(all ?? {}).flatMap((url) => Option.toArray(HelperItems.itemOf(url))))
  )

  const read = (item: ItemRef) =>
    Effect.flatMap(
      run("get", HelperItems.urlOf(item)),
      (output) =>
        Option.isNone(output) ? Effect.succeedNone : parsed(Credentials)(output.value).pipe(
          Effect.flatMap(({ Secret }) => Effect.mapError(HelperItems.decode(Secret), KeychainFixes.corrupt)),
          Effect.map((bytes) => Option.some(Redacted.make(bytes)))
        )
    )

  const write = (item: ItemRef, bytes: Uint8Array) =>
    Schema.encode(Credentials)({
      ServerURL: HelperItems.urlOf(item),
      // An empty one is refused.
      Username: item.account === "" ? "-" : item.account,
      Secret: HelperItems.encode(bytes)
    }).pipe(
      Effect.mapError(KeychainFixes.corrupt),
      Effect.flatMap((input) => run("store", input)),
      Effect.asVoid
    )

  const within = (access: Parameters<typeof Waiting.within>[1]) => Waiting.within(options, access)

  /** Nothing else is sure not to ask a person. A helper that does not know the word has been started all the same. */
  const present = HelperProcess.run(command, "version", "", outputLimit(limit))

  return KeychainSpans.traced(backend, {
    status: within({ interaction: "never" })(() => present).pipe(
      Effect.map(({ _tag }): KeychainStatus =>
        _tag === "NotStarted"
          ? { _tag: "Unavailable", reason: "NoService" }
          : { _tag: "Available", backend, persistence }
      ),
      Effect.orElseSucceed((): KeychainStatus => ({ _tag: "Unavailable", reason: "NoService" }))
    ),
    get: (item, access) => within(access)(() => read(item)),
    set: (item, value, access) =>
      within(access)((): Effect.Effect<void, KeychainFailure | ValueTooLarge> => {
        const bytes = Redacted.value(value).slice()
        return bytes.length > limit ? new ValueTooLarge({ limit, actual: bytes.length }) : write(item, bytes)
      }),
    remove: (item, access) =>
      within(access)(() =>
        Effect.flatMap(
          items,
          (all) =>
            all.some(({ account, service }) => account === item.account && service === item.service)
              ? Effect.as(run("erase", HelperItems.urlOf(item)), true)
              : Effect.succeed(false)
        )
      ),
    list: (service, access) =>
      within(access)(() =>
        Effect.map(
          items,
          (all) => all.filter((item) => item.service === service).toSorted((a, b) => (a.account < b.account ? -1 : 1))
        )
      ),
    // A helper unlocks what it needs by itself, whatever a call asks for.
    unlock: (access = {}) => Effect.asVoid(within({ ...access, interaction: "allowed" })(() => run("list", "")))
  })
}

/** Whether an item is locked or absent is what the helper says: some call locked items absent. */
export const layer = (options: Options): Layer.Layer<Keychain> => Layer.sync(Keychain, () => make(options))
