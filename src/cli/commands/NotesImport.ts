/**
 * `strata notes import`: Markdown files become notes.
 */
import * as Command from "@effect/cli/Command"
import { Effect, Option, Stream } from "effect"
import type { NoteDraft } from "../../domain/notes/Note.ts"
import { NoteRepository } from "../../domain/notes/NoteRepository.ts"
import { texts } from "../Arguments.ts"
import { CommandFailed } from "../CommandFailed.ts"
import { inEnvironment } from "../InEnvironment.ts"
import * as NoteFile from "../NoteFile.ts"
import { dim, green, note, print, printable } from "../Output.ts"

/** What an import did. */
export interface ImportReport {
  readonly added: number
  readonly changed: number
  readonly unchanged: number
  readonly unusable: ReadonlyArray<NoteFile.UnusableNoteFile>
}

const existing = (draft: NoteDraft) =>
  Effect.gen(function*() {
    const notes = yield* NoteRepository
    const head = yield* Stream.runHead(notes.one(draft.id))
    return Option.flatMap(head, ({ data }) => data)
  })

/** Saves every file as a note; one that cannot be used is reported and the rest goes on. */
export const importFiles = (files: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const notes = yield* NoteRepository
    const report = { added: 0, changed: 0, unchanged: 0, unusable: [] as Array<NoteFile.UnusableNoteFile> }
    for (const file of files) {
      const draft = yield* Effect.either(NoteFile.read(file))
      if (draft._tag === "Left") {
        report.unusable.push(draft.left)
        continue
      }
      const before = yield* existing(draft.right)
      const same = Option.exists(before, ({ text, title }) => text === draft.right.text && title === draft.right.title)
      yield* notes.save(draft.right)
      report[same ? "unchanged" : Option.isSome(before) ? "changed" : "added"]++
    }
    return report as ImportReport
  })

export const describeImport = (report: ImportReport): string =>
  [`${report.added} added`, `${report.changed} changed`, `${report.unchanged} unchanged`].join(", ")

export const importNotes = Command.make(
  "import",
  { paths: texts("PATH", "Markdown files, or folders to look for them in") },
  ({ paths }) =>
    Effect.gen(function*() {
      const files = yield* NoteFile.find(paths)
      if (files.length === 0) {
        return yield* new CommandFailed({
          reason: "No Markdown files found",
          next: "Name .md files or folders with some."
        })
      }
      const report = yield* importFiles(files)
      for (const { message } of report.unusable) yield* note(`! ${printable(message)}`)
      yield* print(`${green("✔")} ${describeImport(report)}`)
      yield* note(dim("Run \"strata notes sync\" to send them."))
      if (report.unusable.length > 0) {
        return yield* new CommandFailed({ reason: `${report.unusable.length} files were not imported`, next: "" })
      }
    }).pipe(inEnvironment("notes import"))
).pipe(Command.withDescription("Import Markdown files; the same file is the same note every time"))
