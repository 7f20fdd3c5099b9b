/**
 * The note that keeps a local text which lost against a newer remote version.
 */
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { NoteId } from "../../domain/notes/Note.ts"
import type { NoteContent } from "./local/SealedNote.ts"

const suffix = " (conflicted copy)"
const longestTitle = 500

/** Cut where no surrogate pair is split. */
const shortened = (title: string, length: number) => title.slice(0, length).replace(/[\uD800-\uDBFF]$/, "")

/** A new note with the same text; its title says what it is and stays within the limit. */
export const make = (content: NoteContent) =>
  Effect.sync(() => ({
    id: NoteId.make(randomUUID()),
    title: `${shortened(content.title, longestTitle - suffix.length)}${suffix}`,
    text: content.text
  }))
