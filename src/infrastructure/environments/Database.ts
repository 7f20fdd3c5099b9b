/**
 * The schema of the client's database: the steps of every area, in order.
 */
import { notesMigration } from "../datasources/local/NotesMigration.ts"
import { pushMigration } from "../services/push/PushMigration.ts"

export const migrations = [notesMigration, pushMigration]

export { liveTables } from "../datasources/local/NotesMigration.ts"
