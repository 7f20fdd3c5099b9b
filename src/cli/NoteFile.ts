/**
 * Markdown files as notes.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, ParseResult, Schema } from "effect"
import { createHash } from "node:crypto"
import { NoteDraft, NoteId } from "../domain/notes/Note.ts"
import { CommandFailed } from "./CommandFailed.ts"

/** A file that cannot become a note, and why. */
export class UnusableNoteFile extends Schema.TaggedError<UnusableNoteFile>()("UnusableNoteFile", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.path}: ${this.reason}`
  }
}

/** The same file is the same note at every import: a name-based UUID (version 8, RFC 9562) of the file's real path. */
const noteIdOf = (realPath: string): NoteId => {
  const hash = createHash("sha256").update(`strata:note-file:${realPath}`).digest()
  hash[6] = (hash.readUInt8(6) & 0x0f) | 0x80
  hash[8] = (hash.readUInt8(8) & 0x3f) | 0x80
  const hex = hash.toString("hex")
  return NoteId.make(
    `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
  )
}

/** The first top-level heading (CommonMark, section 4.2) without its closing sequence. Linear in the text. */
const titleOf = (text: string, fallback: string) => {
  const heading = text.split("\n").find((line) => line.startsWith("# "))?.slice(2).trim() ?? ""
  let end = heading.length
  while (end > 0 && heading[end - 1] === "#") end--
  const title = end === 0 || heading[end - 1] === " " ? heading.slice(0, end).trim() : heading
  return (title === "" ? fallback : title).slice(0, 500)
}

const skipped = new Set(["node_modules", "dist", "coverage"])

/** The Markdown files at `paths`; a folder stands for every `.md` file in and under it, hidden folders excepted. Sorted, without repetition. */
export const find = (paths: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const found = new Set<string>()
    const visited = new Set<string>()
    const visit = (entry: string): Effect.Effect<void, CommandFailed> =>
      Effect.gen(function*() {
        const real = yield* fs.realPath(entry)
        const { type } = yield* fs.stat(real)
        if (type === "File" && !real.toLowerCase().endsWith(".md")) {
          return yield* new CommandFailed({
            reason: `${entry} is no Markdown file`,
            next: "Name .md files or folders."
          })
        }
        if (type === "File") return void found.add(real)
        if (type !== "Directory" || visited.has(real)) return
        visited.add(real)
        for (const name of yield* fs.readDirectory(real)) {
          if (!name.startsWith(".") && !skipped.has(name)) yield* visitInside(path.join(real, name))
        }
      }).pipe(
        Effect.catchTags({
          BadArgument: () => new CommandFailed({ reason: `${entry} cannot be read`, next: "Name a file or a folder." }),
          SystemError: ({ reason }) =>
            new CommandFailed({
              reason: `${entry} cannot be read (${reason})`,
              next: "Name Markdown files, or folders with Markdown files in them."
            })
        })
      )
    /** What a folder holds besides files and folders of ours (a dangling link, say) is passed over. */
    const visitInside = (entry: string) => Effect.catchTag(visit(entry), "CommandFailed", () => Effect.void)
    yield* Effect.forEach(paths, visit, { discard: true })
    return Array.from(found).toSorted()
  })

/** Reads one file found by `find`. The title is its first top-level heading, else its name. */
export const read = (realPath: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const text = yield* Effect.mapError(
      fs.readFileString(realPath),
      () => new UnusableNoteFile({ path: realPath, reason: "cannot be read" })
    )
    return yield* Schema.decodeUnknown(NoteDraft)({
      id: noteIdOf(realPath),
      title: titleOf(text, path.basename(realPath)),
      text
    }).pipe(
      Effect.mapError((error) =>
        new UnusableNoteFile({
          path: realPath,
          reason: ParseResult.ArrayFormatter.formatErrorSync(error).some((issue) => issue.path[0] === "text")
            ? "is longer than 1,000,000 characters"
            : "has no usable title"
        })
      )
    )
  })
