import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NoteFile from "../../src/cli/NoteFile.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => realpathSync(mkdtempSync(join(tmpdir(), "strata-notes-")))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

describe("NoteFile", () => {
  it.scoped("finds the Markdown files of a folder once each, and passes over hidden and dangling entries", () =>
    Effect.gen(function*() {
      const root = yield* folder
      mkdirSync(join(root, "inner"))
      mkdirSync(join(root, ".git"))
      for (const name of ["b.md", "inner/a.MD", ".git/c.md", "d.txt"]) writeFileSync(join(root, name), "# x")
      symlinkSync(root, join(root, "inner", "loop"))
      symlinkSync(join(root, "gone.md"), join(root, "dangling.md"))
      const files = yield* NoteFile.find([root, join(root, "b.md")])
      assert.deepStrictEqual(files, [join(root, "b.md"), join(root, "inner/a.MD")])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("fails for a path that does not exist, naming it", () =>
    Effect.gen(function*() {
      const failure = yield* Effect.flip(NoteFile.find(["/does/not/exist"]))
      assert.strictEqual(failure._tag, "CommandFailed")
      assert.include(failure.message, "/does/not/exist")
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("makes the same note of the same file, titled by its first heading or its name", () =>
    Effect.gen(function*() {
      const root = yield* folder
      writeFileSync(join(root, "a.md"), "intro\n\n# The title #\n\ntext")
      writeFileSync(join(root, "b.md"), "no heading")
      const first = yield* NoteFile.read(join(root, "a.md"))
      const again = yield* NoteFile.read(join(root, "a.md"))
      const other = yield* NoteFile.read(join(root, "b.md"))
      assert.strictEqual(first.title, "The title")
      assert.strictEqual(first.id, again.id)
      assert.strictEqual(other.title, "b.md")
      assert.notStrictEqual(other.id, first.id)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("reads a title in time that grows with the text, and not across lines", () =>
    Effect.gen(function*() {
      const root = yield* folder
      writeFileSync(join(root, "wide.md"), `# a${" ".repeat(200_000)}b\n`)
      writeFileSync(join(root, "empty.md"), "#\n\n# C# #\n")
      assert.strictEqual((yield* NoteFile.read(join(root, "wide.md"))).title.length, 500)
      assert.strictEqual((yield* NoteFile.read(join(root, "empty.md"))).title, "C#")
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("refuses a file that is too long without quoting it", () =>
    Effect.gen(function*() {
      const root = yield* folder
      writeFileSync(join(root, "long.md"), "secret ".repeat(200_000))
      const failure = yield* Effect.flip(NoteFile.read(join(root, "long.md")))
      assert.strictEqual(failure.reason, "is longer than 1,000,000 characters")
    }).pipe(Effect.provide(NodeContext.layer)))
})
