/**
 * `strata db`: looking after the database's file, also when nothing can open it.
 */
import * as Command from "@effect/cli/Command"
import { check } from "./DbCheck.ts"
import { backup, quarantine, restore } from "./DbCopies.ts"

export const db = Command.make("db").pipe(
  Command.withDescription("The database's file: check, backup, restore, quarantine"),
  Command.withSubcommands([check, backup, restore, quarantine])
)
