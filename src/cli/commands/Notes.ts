/**
 * `strata notes`: the example aggregate at work.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Clock, DateTime, Effect, Option, Schema, Stream } from "effect"
import { randomUUID } from "node:crypto"
import { keepInSync } from "../../domain/notes/KeepInSync.ts"
import { Note, NoteDraft, NoteId, NoteTitle, SyncReport } from "../../domain/notes/Note.ts"
import { NoteRepository } from "../../domain/notes/NoteRepository.ts"
import { json, text } from "../Arguments.ts"
import { CommandFailed } from "../CommandFailed.ts"
import { inEnvironment } from "../InEnvironment.ts"
import { bold, dim, green, note as remark, print, printable, printJson, printRows, yellow } from "../Output.ts"
import { StandardStreams } from "../StandardStreams.ts"
import { importNotes } from "./NotesImport.ts"

/** Every note as it is now. */
const current = Effect.gen(function*() {
  const notes = yield* NoteRepository
  const head = yield* Stream.runHead(notes.all)
  return Option.match(head, { onNone: () => [], onSome: ({ data }) => data })
})

const find = (prefix: string) =>
  Effect.gen(function*() {
    if (prefix.length < 4) {
      return yield* new CommandFailed({
        reason: "An id needs at least 4 characters",
        next: "Run \"strata notes list\" for the ids."
      })
    }
    const matching = (yield* current).filter(({ id }) => id.startsWith(prefix.toLowerCase()))
    const [found, another] = matching
    if (found === undefined || another !== undefined) {
      return yield* new CommandFailed({
        reason: `${
          matching.length === 0 ? "No note has" : `${matching.length} notes have`
        } an id that begins with "${prefix}"`,
        next: "Run \"strata notes list\" for the ids."
      })
    }
    return found
  })

const draft = (fields: { readonly id: NoteId; readonly title: string; readonly text: string }) =>
  Effect.mapError(
    Schema.decode(NoteDraft)(fields),
    () =>
      new CommandFailed({
        reason: "The note is too long, or its title is empty",
        next: "A title has 1 to 500 characters, a text at most 1,000,000."
      })
  )

const row = (note: Note) => [
  dim(note.id.slice(0, 8)),
  bold(printable(note.title)),
  note.synced ? "" : yellow("not synced")
]

const list = Command.make("list", { json }, (options) =>
  Effect.gen(function*() {
    const notes = yield* current
    if (options.json) return yield* printJson("notes", Schema.Array(Note), notes)
    if (notes.length === 0) return yield* remark(dim("No notes yet. Try \"strata notes add 'A title'\"."))
    yield* printRows(notes.map(row))
  }).pipe(inEnvironment("notes list"))).pipe(Command.withDescription("List the notes on this device"))

const show = Command.make(
  "show",
  { id: text("ID", "A note's id, or its first characters"), json },
  (options) =>
    Effect.gen(function*() {
      const note = yield* find(options.id)
      if (options.json) return yield* printJson("note", Note, note)
      yield* print(bold(printable(note.title)))
      yield* print(dim(`${note.id}  ${DateTime.formatIso(note.updatedAt)}${note.synced ? "" : "  not synced"}`))
      yield* print(`\n${printable(note.text)}`)
    }).pipe(inEnvironment("notes show"))
).pipe(Command.withDescription("Show one note"))

const content = Options.text("text").pipe(
  Options.withDescription("The text; read from standard input when absent"),
  Options.optional
)

/** The option's text, else what standard input holds. A person at the terminal is told how to end it. */
const readContent = (given: Option.Option<string>) =>
  Effect.gen(function*() {
    if (Option.isSome(given)) return given.value
    const streams = yield* StandardStreams
    if (yield* streams.isTyped) yield* remark(dim("Type the text; Ctrl-D on an empty line ends it."))
    return yield* streams.read
  })

const saved = (note: Note) => print(`${green("✔")} ${dim(note.id)} ${printable(note.title)}`)

const add = Command.make(
  "add",
  { title: text("TITLE", "1 to 500 characters"), text: content, json },
  (options) =>
    Effect.gen(function*() {
      const fields = yield* draft({
        id: NoteId.make(randomUUID()),
        title: options.title,
        text: yield* readContent(options.text)
      })
      yield* Effect.gen(function*() {
        const notes = yield* NoteRepository
        const note = yield* notes.save(fields)
        yield* options.json ? printJson("note", Note, note) : saved(note)
      }).pipe(inEnvironment("notes add"))
    })
).pipe(Command.withDescription("Add a note; works offline"))

const title = Options.text("title").pipe(
  Options.withDescription("A new title"),
  Options.withSchema(NoteTitle),
  Options.optional
)

const edit = Command.make(
  "edit",
  { id: text("ID", "A note's id, or its first characters"), title, text: content },
  (options) =>
    Effect.gen(function*() {
      const keepsText = Option.isSome(options.title) && Option.isNone(options.text)
      const replacement = keepsText ? Option.none<string>() : Option.some(yield* readContent(options.text))
      yield* Effect.gen(function*() {
        const notes = yield* NoteRepository
        const note = yield* find(options.id)
        const fields = yield* draft({
          id: note.id,
          title: Option.getOrElse(options.title, () => note.title),
          text: Option.getOrElse(replacement, () => note.text)
        })
        yield* Effect.flatMap(notes.save(fields), saved)
      }).pipe(inEnvironment("notes edit"))
    })
).pipe(Command.withDescription("Replace a note's title, its text, or both"))

const rm = Command.make(
  "rm",
  { id: text("ID", "A note's id, or its first characters") },
  (options) =>
    Effect.gen(function*() {
      const notes = yield* NoteRepository
      const note = yield* find(options.id)
      yield* notes.remove(note.id)
      yield* print(`${green("✔")} Removed ${dim(note.id)} ${printable(note.title)}`)
    }).pipe(inEnvironment("notes rm"))
).pipe(Command.withDescription("Remove a note, here now and elsewhere with the next sync"))

const describe = (report: SyncReport) =>
  [
    `${report.pushed} sent`,
    `${report.pulled} received`,
    ...(report.conflicts === 0 ? [] : [yellow(`${report.conflicts} kept as copies after a conflict`)]),
    ...(report.rejected === 0 ? [] : [yellow(`${report.rejected} refused`)])
  ].join(", ")

const sync = Command.make("sync", { json }, (options) =>
  Effect.gen(function*() {
    const notes = yield* NoteRepository
    const report = yield* notes.sync
    yield* options.json ? printJson("sync", SyncReport, report) : print(`${green("✔")} ${describe(report)}`)
  }).pipe(inEnvironment("notes sync"))).pipe(Command.withDescription("Send what waits, then fetch what others changed"))

const watch = Command.make("watch", {}, () =>
  Effect.gen(function*() {
    const notes = yield* NoteRepository
    const rounds = keepInSync.pipe(
      Stream.tap((round) =>
        round._tag === "Synced"
          ? print(`${green("✔")} ${describe(round.report)}`)
          : remark(yellow(`! ${round.failure.message}`))
      ),
      Stream.runDrain
    )
    const changes = notes.all.pipe(
      Stream.tap(({ data, pending }) =>
        Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          yield* print(
            `${dim(DateTime.formatIso(DateTime.unsafeMake(now)))}  ${data.length} notes, ${pending} not synced`
          )
        })
      ),
      Stream.runDrain
    )
    yield* Effect.all([rounds, changes], { concurrency: 2, discard: true })
  }).pipe(inEnvironment("notes watch"))).pipe(
    Command.withDescription("Stay in sync and tell every change, until ended")
  )

export const notes = Command.make("notes").pipe(
  Command.withDescription("Notes: list, add, show, edit, rm, import, sync, watch"),
  Command.withSubcommands([list, add, show, edit, rm, importNotes, sync, watch])
)
