import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, TestClock } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import * as SecretsFile from "../../../src/cli/SecretsFile.ts"
import { SecureStore } from "../../../src/domain/storage/SecureStore.ts"
import { Full } from "../../../src/domain/storage/StorageFailure.ts"
import { temporaryFolder } from "../../support/temporaryFolder.ts"
import * as SecretsCommand from "./SecretsCommand.ts"
import type { Input } from "./SecretsCommand.ts"

/** Commands on one store. */
const session = Effect.gen(function*() {
  const secrets = yield* SecretsCommand.store
  const run = (words: string, input?: Input) => SecretsCommand.run(secrets, words.split(" "), input)
  return { secrets, run }
})

describe("strata secrets", () => {
  it.scoped("keeps what is piped in, but for one line break, and prints it byte for byte", () =>
    Effect.gen(function*() {
      const { run } = yield* session
      const set = yield* run("set mail/password", { piped: "two\nlines\n" })
      assert.strictEqual(set.code, 0, SecretsCommand.described(set))
      assert.deepStrictEqual(set.out, "")
      const got = yield* run("get mail/password")
      assert.deepStrictEqual([got.code, got.out, got.error], [0, "two\nlines", ""])
    }))

  it.scoped("asks for the value at a terminal, where a line break follows what is printed", () =>
    Effect.gen(function*() {
      const { run } = yield* session
      const set = yield* run("set a", { answers: ["s3cret"] })
      assert.deepStrictEqual([set.code, set.questions], [0, ["Value"]])
      assert.notInclude(set.out + set.error, "s3cret")
      assert.strictEqual((yield* run("get a", { answers: [] })).out, "s3cret\n")
    }))

  it.scoped("asks for nothing where the person would not see the question", () =>
    Effect.gen(function*() {
      const { run } = yield* session
      for (const words of ["set a", "slots add passphrase"]) {
        const { code, error, questions } = yield* run(words, { unseen: true })
        assert.deepStrictEqual([code, questions], [1, []], words)
        assert.include(error, "nowhere to ask")
      }
    }))

  it.scoped("refuses an empty value, and a value as an argument", () =>
    Effect.gen(function*() {
      const { run } = yield* session
      const empty = yield* run("set a", { piped: "\n" })
      assert.deepStrictEqual([empty.code, empty.out], [1, ""])
      assert.include(empty.error, "no value on standard input")
      assert.strictEqual((yield* run("set a s3cret", { piped: "x" })).code, 2)
      assert.include((yield* run("list")).error, "No secrets yet")
    }))

  it.scoped("lists names, as lines or as JSON, and removes one", () =>
    Effect.gen(function*() {
      const { run } = yield* session
      for (const name of ["b", "a"]) yield* run(`set ${name}`, { piped: "x" })
      assert.strictEqual((yield* run("list")).out, "a\nb\n")
      assert.deepStrictEqual(JSON.parse((yield* run("list --json")).out), { version: 1, secrets: ["a", "b"] })
      assert.strictEqual((yield* run("rm a")).code, 0)
      assert.strictEqual((yield* run("list")).out, "b\n")
    }))

  it.scoped("fails with 1 and says what to do when there is no such secret", () =>
    Effect.gen(function*() {
      const { run } = yield* session
      for (const words of ["get nope", "rm nope"]) {
        const { code, error, out } = yield* run(words)
        assert.deepStrictEqual([code, out], [1, ""])
        assert.include(error, "There is no secret \"nope\"")
        assert.include(error, "strata secrets list")
      }
    }))

  it.scoped("keeps a secret for as long as --ttl says", () =>
    Effect.gen(function*() {
      const { run, secrets } = yield* session
      assert.strictEqual((yield* run("set a --ttl soon", { piped: "x" })).code, 2)
      const set = yield* SecretsCommand.run(secrets, ["set", "a", "--ttl", "2 hours"], { piped: "x" })
      assert.strictEqual(set.code, 0, SecretsCommand.described(set))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* run("get a")).out, "x")
      yield* TestClock.adjust("2 hours")
      assert.strictEqual((yield* run("get a")).code, 1)
    }))

  it.scoped("shows names that would steer the terminal as text", () =>
    Effect.gen(function*() {
      const { run, secrets } = yield* session
      yield* Effect.provide(
        Effect.flatMap(SecureStore, (store) => store.set("a\u001b[2J", Redacted.make("x"))),
        secrets
      )
      yield* Effect.provide(
        Effect.flatMap(SecureStore, (store) => store.set("b\nc\td", Redacted.make("x"))),
        secrets
      )
      assert.strictEqual((yield* run("list")).out, "a\uFFFD[2J\nb\uFFFDc\uFFFDd\n")
    }))
})

describe("strata secrets export and import", () => {
  const exported = (file: string) =>
    Effect.gen(function*() {
      const { run } = yield* session
      for (const name of ["a", "b"]) yield* run(`set ${name}`, { piped: `value of ${name}` })
      return { run, result: yield* run(`export ${file}`, { answers: ["correct horse", "correct horse"] }) }
    })

  it.scoped("carry every secret to another store under a passphrase asked for twice, in a file for its owner only", () =>
    Effect.gen(function*() {
      const file = join(yield* temporaryFolder, "backup.age")
      const { result } = yield* exported(file)
      assert.strictEqual(result.code, 0, SecretsCommand.described(result))
      assert.strictEqual(result.questions.length, 2)
      assert.strictEqual(fs.statSync(file).mode & 0o777, 0o600)
      assert.notInclude(fs.readFileSync(file, "latin1"), "value of a")

      const { run } = yield* session
      yield* run("set a", { piped: "mine" })
      const imported = yield* run(`import ${file} --json`, { piped: "correct horse\n" })
      assert.deepStrictEqual(JSON.parse(imported.out), { version: 1, import: { added: 1, replaced: 0, kept: 1 } })
      assert.strictEqual((yield* run("get a")).out, "mine")
      assert.include((yield* run(`import ${file} --replace`, { piped: "correct horse" })).out, "0 added, 2 replaced")
      assert.strictEqual((yield* run("get a")).out, "value of a")
    }))

  it.scoped("write nothing when the passphrases differ", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const { run } = yield* session
      const { code, error } = yield* run(`export ${join(folder, "x")}`, { answers: ["one", "two"] })
      assert.strictEqual(code, 1)
      assert.include(error, "not the same")
      assert.deepStrictEqual(fs.readdirSync(folder), [])
    }))

  it.scoped("replace a file with --force only, and leave nothing else", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const file = join(folder, "backup.age")
      fs.writeFileSync(file, "precious", { mode: 0o644 })
      const { result, run } = yield* exported(file)
      assert.deepStrictEqual([result.code, result.questions], [1, []])
      assert.include(result.error, "--force")
      assert.strictEqual(fs.readFileSync(file, "utf8"), "precious")
      assert.strictEqual((yield* run(`export ${file} --force`, { piped: "correct horse" })).code, 0)
      assert.isTrue(fs.readFileSync(file, "latin1").startsWith("age-encryption.org/v1"))
      assert.strictEqual(fs.statSync(file).mode & 0o777, 0o600)
      assert.deepStrictEqual(fs.readdirSync(folder), ["backup.age"])
    }))

  it.scoped("refuse a file without an end", () =>
    Effect.gen(function*() {
      const { run } = yield* session
      const { code, error } = yield* run("import /dev/zero", { piped: "correct horse" })
      assert.strictEqual(code, 1)
      assert.include(error, "too large")
    }))

  it.effect("need no hard links, which some file systems have not", () =>
    Effect.gen(function*() {
      const opened: Array<string> = []
      const file: Partial<FileSystem.File> = {
        writeAll: () => Effect.sync(() => void opened.push("written")),
        sync: Effect.sync(() => void opened.push("durable"))
      }
      const open: FileSystem.FileSystem["open"] = (path, options) =>
        Effect.sync(() => {
          opened.push(`${path} ${options?.flag}`)
          return file as FileSystem.File
        })
      const layer = FileSystem.layerNoop({ open })
      yield* Effect.provide(SecretsFile.write("/media/backup.age", new Uint8Array(1), false), layer)
      assert.deepStrictEqual(opened.slice(0, 3), ["/media/backup.age wx", "written", "durable"])
    }))

  it.scoped("say what is wrong with a file, a passphrase, a recipient or an identity, and never a secret", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const [file, other] = [join(folder, "backup.age"), join(folder, "other")]
      const { run } = yield* exported(file)
      fs.writeFileSync(other, "no export")
      for (
        const [words, input] of [
          [`import ${file}`, { piped: "wrong passphrase" }],
          [`import ${other}`, { piped: "correct horse" }],
          [`import ${join(folder, "absent")}`, { piped: "correct horse" }],
          [`import ${file} --identity ${other}`, { piped: "" }],
          [`export ${join(folder, "new")} --recipient nonsense`, { piped: "" }],
          [`export ${join(folder, "none", "new")}`, { piped: "correct horse" }]
        ] as const
      ) {
        const { code, error, out } = yield* run(words, input)
        assert.deepStrictEqual([code, out], [1, ""], words)
        assert.include(error, "✖", words)
        assert.notMatch(error, /wrong passphrase|correct horse|value of/)
      }
      assert.deepStrictEqual(fs.readdirSync(folder).toSorted(), ["backup.age", "other"])
    }))
})

describe("a secret store that cannot start", () => {
  it.effect("is reported like any failure", () =>
    Effect.gen(function*() {
      const broken = Layer.fail(new Full({ store: "secret store", operation: "open" }))
      const { code, error } = yield* SecretsCommand.run(broken, ["list"])
      assert.strictEqual(code, 1)
      assert.include(error, "no space left")
    }))
})
