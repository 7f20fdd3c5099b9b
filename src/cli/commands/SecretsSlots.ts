/**
 * `strata secrets slots`: the ways to unlock the secret store.
 */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import { Effect, Option, Redacted, Schema } from "effect"
import { Maintenance, UnlockSlot } from "../../domain/operations/Maintenance.ts"
import type { NewSlot } from "../../domain/operations/Maintenance.ts"
import { json, text } from "../Arguments.ts"
import { CommandFailed } from "../CommandFailed.ts"
import { withSecrets } from "../InEnvironment.ts"
import { bold, dim, green, jsonLine, note, printable, printJson, printRows, yellow } from "../Output.ts"
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

const SlotWithCode = Schema.Struct({ ...UnlockSlot.fields, recoveryCode: Schema.String })

/** Writes the code, which nobody can ask for again: when it does not arrive, its slot is of no use. */
const handOver = (slot: UnlockSlot, code: Redacted.Redacted, asJson: boolean) =>
  Effect.gen(function*() {
    const maintenance = yield* Maintenance
    const streams = yield* StandardStreams
    const recoveryCode = Redacted.value(code)
    yield* note("Write this code down and keep it apart from this machine. It is not shown again.")
    const line = asJson ? yield* jsonLine("slot", SlotWithCode, { ...slot, recoveryCode }) : recoveryCode
    const problem = yield* streams.write(`${line}\n`).pipe(
      Effect.match({
        onFailure: ({ reason }) => Option.some(reason),
        onSuccess: (isRead) => (isRead ? Option.none() : Option.some("Nobody read the output"))
      })
    )
    if (Option.isNone(problem)) return
    const removed = yield* Effect.option(maintenance.removeSlot(slot.id))
    return yield* new CommandFailed(
      Option.isSome(removed)
        ? {
          reason: `${problem.value}: there is no recovery code, and its slot was removed again`,
          next: "Run it again."
        }
        : {
          reason: `${problem.value}: nobody knows the recovery code of slot ${slot.id}`,
          next: `Add another way to unlock, then run "strata secrets slots rm ${slot.id}".`
        }
    )
  })

const add = Command.make(
  "add",
  { type: text("TYPE", "passphrase, recovery-code, or a key source that \"strata secrets doctor\" names"), json },
  (options) =>
    Effect.gen(function*() {
      const wanted = yield* newSlot(options.type)
      yield* Effect.gen(function*() {
        const maintenance = yield* Maintenance
        const { recoveryCode, slot } = yield* maintenance.addSlot(wanted)
        if (!options.json) {
          yield* note(`${green("✔")} Slot ${slot.id} (${printable(slot.type)}) unlocks the secret store`)
        }
        if (Option.isSome(recoveryCode)) return yield* handOver(slot, recoveryCode.value, options.json)
        if (options.json) yield* printJson("slot", UnlockSlot, slot)
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
