/**
 * Title and text of a note as one sealed value, bound to its account, note and table.
 */
import { Schema } from "effect"
import * as SealedColumn from "../../storage/local/SealedColumn.ts"

/** What a person wrote. */
export const NoteContent = Schema.Struct({ title: Schema.String, text: Schema.String })
export type NoteContent = typeof NoteContent.Type

/** Rows are known by their account and note. */
export const make = (table: "notes" | "outbox") => SealedColumn.make({ purpose: "notes", table, schema: NoteContent })
