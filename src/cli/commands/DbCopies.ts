/**
 * `strata db backup`, `restore` and `quarantine`: copies of the database, and putting one in its place.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Option, Schema } from "effect"
import { DatabaseMaintenance } from "../../domain/operations/DatabaseMaintenance.ts"
import { json, text } from "../Arguments.ts"
import { withDatabaseMaintenance } from "../InEnvironment.ts"
import { bytes, dim, green, note, print, printable, printJson } from "../Output.ts"
import * as SecretInput from "../SecretInput.ts"
import { telling } from "../Working.ts"

const Copy = Schema.Struct({ path: Schema.String, bytes: Schema.Int })

export const backup = Command.make(
  "backup",
  { file: text("FILE", "Where to put the copy; a file that is there is not overwritten"), json },
  (options) =>
    Effect.gen(function*() {
      const maintenance = yield* DatabaseMaintenance
      const size = yield* telling("copying")(maintenance.backup(options.file))
      yield* options.json
        ? printJson("backup", Copy, { path: options.file, bytes: size })
        : print(`${green("✔")} A checked copy is in ${printable(options.file)} (${bytes(size)})`)
    }).pipe(withDatabaseMaintenance("db backup"))
).pipe(
  Command.withDescription("Make a checked copy of the database, also while it is in use; for your eyes only (0600)")
)

const yes = Options.boolean("yes").pipe(Options.withDescription("Agree without being asked"))

const Moved = Schema.Struct({ previous: Schema.NullOr(Schema.String) })

/** Where what was there before is now. */
const tellMoved = (wanted: { readonly json: boolean }, name: string, done: string, previous: Option.Option<string>) =>
  wanted.json
    ? printJson(name, Moved, { previous: Option.getOrNull(previous) })
    : Effect.gen(function*() {
      yield* print(`${green("✔")} ${done}`)
      if (Option.isSome(previous)) yield* note(dim(`What was there before is ${printable(previous.value)}`))
    })

export const restore = Command.make(
  "restore",
  { file: text("FILE", "A copy that \"strata db backup\" made"), yes, json },
  (options) =>
    Effect.gen(function*() {
      yield* note("The copy takes the place of the present database, which is kept beside it.")
      yield* SecretInput.consent("Put the copy in place?", options.yes)
      yield* Effect.gen(function*() {
        const maintenance = yield* DatabaseMaintenance
        const { previous } = yield* telling("checking the copy")(maintenance.restore(options.file))
        yield* tellMoved(options, "restore", "The copy is in place", previous)
      }).pipe(withDatabaseMaintenance("db restore"))
    })
).pipe(Command.withDescription("Put a copy in place of the database, once it is checked; no program may be using it"))

export const quarantine = Command.make("quarantine", { yes, json }, (options) =>
  Effect.gen(function*() {
    yield* note("The database is set aside, whole, and the next start makes an empty one. Nothing is deleted.")
    yield* SecretInput.consent("Set the database aside?", options.yes)
    yield* Effect.gen(function*() {
      const maintenance = yield* DatabaseMaintenance
      const moved = yield* telling("setting it aside")(maintenance.quarantine)
      const done = Option.isSome(moved) ? "The database is set aside" : "There is no database: nothing was moved"
      yield* tellMoved(options, "quarantine", done, moved)
    }).pipe(withDatabaseMaintenance("db quarantine"))
  })).pipe(Command.withDescription("Set a database that is beyond help aside; no program may be using it"))
