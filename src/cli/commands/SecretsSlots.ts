/**
 * `strata secrets slots`: the ways to unlock the secret store.
 */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import { Effect, Option, Redacted, Schema } from "effect"
import { Maintenance, UnlockSlot } from "../../domain/operations/Maintenance.ts"
import type { NewSlot } from "../../domain/operations/Maintenance.ts"
import { json, text } from "../Arguments.ts"
import { withSecrets } from "../InEnvironment.ts"
import { bold, dim, green, note, printable, printJson, printRows, yellow } from "../Output.ts"
import * as SecretInput from "../SecretInput.ts"
import { StandardStreams } from "../StandardStreams.ts"

export const slotRow = ({ id, stale, type, usable }: UnlockSlot): ReadonlyArray<string> => [
  `  ${id}`,
  bold(printable(type)),
  stale ? yellow("opens an earlier root key only: add it again, or remove it") : usable ? "" : dim("not usable here")
]

const list = Effect.gen(function*() {
  const maintenance = yield* Maintenance
  const { slots } = yield* maintenance.status
  return slots
})

const newSlot = (type: string) =>
  Effect.gen(function*() {
    if (type === "recovery-code") return { _tag: "RecoveryCode" } satisfies NewSlot
    if (type !== "passphrase") return { _tag: "Source", type } satisfies NewSlot
    return { _tag: "Passphrase", passphrase: yield* SecretInput.newPassphrase("New passphrase") } satisfies NewSlot
  })

const add = Command.make(
  "add",
  { type: text("TYPE", "passphrase, recovery-code, or a key source that \"strata secrets doctor\" names"), json },
  (options) =>
    Effect.gen(function*() {
      const wanted = yield* newSlot(options.type)
      yield* Effect.gen(function*() {
        const maintenance = yield* Maintenance
        const streams = yield* StandardStreams
        const { recoveryCode, slot } = yield* maintenance.addSlot(wanted)
        yield* options.json
          ? printJson("slot", UnlockSlot, slot)
          : note(`${green("✔")} Slot ${slot.id} (${printable(slot.type)}) unlocks the secret store`)
        if (Option.isNone(recoveryCode)) return
        yield* note("Write this code down and keep it apart from this machine. It is not shown again.")
        yield* streams.write(`${Redacted.value(recoveryCode.value)}\n`)
      }).pipe(withSecrets("secrets slots add"))
    })
).pipe(Command.withDescription("Add a way to unlock the secret store; no secret is written anew"))

const rm = Command.make(
  "rm",
  { id: Args.integer({ name: "ID" }).pipe(Args.withDescription("The number that \"strata secrets slots\" shows")) },
  (options) =>
    Effect.gen(function*() {
      const maintenance = yield* Maintenance
      yield* maintenance.removeSlot(options.id)
      yield* note(`${green("✔")} Slot ${options.id} does not unlock the secret store any more`)
    }).pipe(withSecrets("secrets slots rm"))
).pipe(Command.withDescription("Remove a way to unlock the secret store; never the last one"))

export const slots = Command.make("slots", { json }, (options) =>
  Effect.gen(function*() {
    const all = yield* list
    if (options.json) return yield* printJson("slots", Schema.Array(UnlockSlot), all)
    if (all.length === 0) return yield* note(dim("There is no secret store yet. Try \"strata secrets set NAME\"."))
    yield* printRows(all.map(slotRow))
  }).pipe(withSecrets("secrets slots"))).pipe(
    Command.withDescription("List the ways to unlock the secret store: add, rm"),
    Command.withSubcommands([add, rm])
  )
