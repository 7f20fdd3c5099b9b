/**
 * `strata secrets doctor`, `restore` and `accept-rollback`: what is wrong with the secret store, and the two ways out that
 * only a person can choose.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Option } from "effect"
import { Maintenance, SecretStoreStatus } from "../../domain/operations/Maintenance.ts"
import { SecureStore } from "../../domain/storage/SecureStore.ts"
import { json } from "../Arguments.ts"
import { CommandFailed } from "../CommandFailed.ts"
import { withSecrets } from "../InEnvironment.ts"
import { bold, dim, green, note, print, printable, printJson, printRows, red, yellow } from "../Output.ts"
import * as SecretInput from "../SecretInput.ts"
import { slotRow } from "./SecretsSlots.ts"

const notMade = "not made yet"

const describe = (status: SecretStoreStatus) =>
  Effect.gen(function*() {
    yield* printRows([
      [dim("where"), printable(status.location)],
      [dim("state"), status.exists ? (status.locked ? yellow("locked") : "can be opened") : notMade],
      [dim("secrets"), String(status.entries)],
      [dim("generation"), String(status.generation)],
      [dim("older copies"), status.exists ? (status.rollbackDetected ? "noticed" : yellow("not noticed")) : notMade],
      ...status.keySources.map(({ detail }) => [dim("key source"), printable(detail)])
    ])
    if (status.slots.length > 0) yield* print(`\n${bold("Unlock slots")}`)
    yield* printRows(status.slots.map(slotRow))
    for (const advice of status.advice) yield* print(`${yellow("!")} ${printable(advice)}`)
  })

/** Without a key source of the environment a person opens the store, every time. */
const opensByPerson = ({ keySources, slots }: SecretStoreStatus) =>
  keySources.length === 0 && slots.some(({ stale, type }) => type === "passphrase" && !stale)

/** What keeps the store from being used, or soon may. A missing precaution is advice, not a fault. */
const faults = (status: SecretStoreStatus): ReadonlyArray<string> => {
  const { exists, locked, slots } = status
  return exists
    ? [
      ...(locked && !opensByPerson(status) ? ["it is locked"] : []),
      ...(slots.some(({ usable }) => usable) ? [] : ["no unlock slot can be used here"]),
      ...slots.filter(({ stale }) => stale).map(({ id }) => `slot ${id} opens an earlier root key only`)
    ]
    : []
}

export const doctor = Command.make("doctor", { json }, (options) =>
  Effect.gen(function*() {
    const maintenance = yield* Maintenance
    const status = yield* maintenance.status
    yield* options.json ? printJson("store", SecretStoreStatus, status) : describe(status)
    // Only reading it proves that it is whole; what can be read without asking is.
    if (status.exists && !status.locked) yield* (yield* SecureStore).list
    const found = faults(status)
    if (found.length > 0) {
      return yield* new CommandFailed({
        reason: `The secret store needs care: ${found.join("; ")}`,
        next: status.locked
          ? "Unlock the keychain, or give the key it was made with; at a terminal a passphrase or recovery code is asked for."
          : "The advice above says what to do."
      })
    }
    if (!options.json) yield* print(`${green("✔")} The secret store is in order`)
  }).pipe(withSecrets("secrets doctor"))).pipe(
    Command.withDescription("Tell where secrets are kept and what opens them; exit 1 when something is wrong")
  )

const yes = Options.boolean("yes").pipe(Options.withDescription("Agree without being asked"))

export const restore = Command.make("restore", { yes }, (options) =>
  Effect.gen(function*() {
    yield* note(
      "The secret store as it was before its last change takes the place of the present file, which is kept beside it."
    )
    yield* SecretInput.consent("Go back to the previous state?", options.yes)
    yield* Effect.gen(function*() {
      const maintenance = yield* Maintenance
      // Corrupt is said of the previous state here: the present one is not read.
      const { quarantined } = yield* Effect.catchTag(
        maintenance.restorePrevious,
        "Corrupt",
        () =>
          new CommandFailed({
            reason: "There is no previous state of the secret store that could be put in place",
            next: "Restore the file from a backup, if it needs that. Nothing was changed."
          })
      )
      yield* print(`${green("✔")} The previous state is in place`)
      if (Option.isSome(quarantined)) yield* note(dim(`The damaged file is ${printable(quarantined.value)}`))
    }).pipe(withSecrets("secrets restore"))
  })).pipe(Command.withDescription("Put the previous state of a damaged secret store in its place"))

export const acceptRollback = Command.make("accept-rollback", { yes }, (options) =>
  Effect.gen(function*() {
    yield* note(
      `The secret store is taken as it is, though it is an older copy: ${
        red("what was written since then is lost")
      }, and what was removed since then is back.`
    )
    yield* SecretInput.consent("Go on with the older copy?", options.yes)
    yield* Effect.gen(function*() {
      const maintenance = yield* Maintenance
      const status = yield* Effect.option(maintenance.status)
      if (Option.exists(status, ({ exists }) => !exists)) {
        return yield* new CommandFailed({ reason: "There is no secret store yet", next: "Nothing was changed." })
      }
      yield* maintenance.acceptRollback
      yield* print(`${green("✔")} The secret store is used as it is`)
    }).pipe(withSecrets("secrets accept-rollback"))
  })).pipe(Command.withDescription("Go on with a secret store that is an older copy"))
