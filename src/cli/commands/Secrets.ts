/**
 * `strata secrets`: small secrets at rest, and looking after where they are kept.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Duration, Effect, Option, Redacted, Schema } from "effect"
import { SecureStore } from "../../domain/storage/SecureStore.ts"
import { json, text } from "../Arguments.ts"
import { CommandFailed } from "../CommandFailed.ts"
import { withSecrets } from "../InEnvironment.ts"
import { dim, green, note, print, printable, printableLine, printJson } from "../Output.ts"
import * as SecretInput from "../SecretInput.ts"
import { StandardStreams } from "../StandardStreams.ts"
import { acceptRollback, doctor, restore } from "./SecretsCare.ts"
import { rotate } from "./SecretsRotation.ts"
import { slots } from "./SecretsSlots.ts"
import { exportAll, importAll } from "./SecretsTransfer.ts"

const absent = (name: string) =>
  new CommandFailed({
    reason: `There is no secret "${name}"`,
    next: "Run \"strata secrets list\" for the names there are."
  })

const list = Command.make("list", { json }, (options) =>
  Effect.gen(function*() {
    const store = yield* SecureStore
    const names = yield* store.list
    if (options.json) return yield* printJson("secrets", Schema.Array(Schema.String), names)
    if (names.length === 0) return yield* note(dim("No secrets yet. Try \"strata secrets set NAME\"."))
    for (const name of names) yield* print(printableLine(name))
  }).pipe(withSecrets("secrets list"))).pipe(Command.withDescription("List the names of the secrets"))

const name = text("NAME", "The name of a secret; may be a path, such as mail/password")

const get = Command.make("get", { name }, (options) =>
  Effect.gen(function*() {
    const store = yield* SecureStore
    const streams = yield* StandardStreams
    const secret = yield* store.get(options.name)
    if (Option.isNone(secret)) return yield* absent(options.name)
    yield* streams.write(`${Redacted.value(secret.value)}${(yield* streams.isShown) ? "\n" : ""}`)
  }).pipe(withSecrets("secrets get"))).pipe(
    Command.withDescription("Print one secret, exactly as it is; a line break follows on a terminal only")
  )

const ttl = Options.text("ttl").pipe(
  Options.withDescription("How long it lasts, such as \"12 hours\" or \"30 days\"; for ever when absent"),
  Options.filterMap(
    (given) => Option.filter(Duration.decodeUnknown(given), (life) => Duration.greaterThan(life, Duration.zero)),
    "Expected a duration, such as \"30 days\""
  ),
  Options.optional
)

const set = Command.make("set", { name, ttl }, (options) =>
  Effect.gen(function*() {
    const value = yield* SecretInput.value("Value")
    yield* Effect.gen(function*() {
      const store = yield* SecureStore
      yield* store.set(
        options.name,
        value,
        Option.match(options.ttl, { onNone: () => ({}), onSome: (timeToLive) => ({ timeToLive }) })
      )
      yield* note(`${green("✔")} Kept ${printable(options.name)}`)
    }).pipe(withSecrets("secrets set"))
  })).pipe(
    Command.withDescription(
      "Keep a secret; its value is asked for, or read from standard input but for the line break at the end"
    )
  )

const rm = Command.make("rm", { name }, (options) =>
  Effect.gen(function*() {
    const store = yield* SecureStore
    if (!(yield* store.remove(options.name))) return yield* absent(options.name)
    yield* note(`${green("✔")} Removed ${printable(options.name)}`)
  }).pipe(withSecrets("secrets rm"))).pipe(Command.withDescription("Remove a secret"))

export const secrets = Command.make("secrets").pipe(
  Command.withDescription(
    "Secrets: list, get, set, rm, doctor, slots, rotate, export, import, restore, accept-rollback"
  ),
  Command.withSubcommands([
    list,
    get,
    set,
    rm,
    doctor,
    slots,
    rotate,
    exportAll,
    importAll,
    restore,
    acceptRollback
  ])
)
