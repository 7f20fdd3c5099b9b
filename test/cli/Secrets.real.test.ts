import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import * as Strata from "../support/strata.ts"

let strata: Strata.Strata

beforeAll(async () => {
  strata = await Strata.build("secrets")
})

afterAll(() => strata.remove())

const byKey = { STRATA_VAULT_UNLOCK: "environment", STRATA_VAULT_KEY: "0f".repeat(32) }
const byPassphrase = { STRATA_VAULT_UNLOCK: "passphrase" }
const planted = "planted-secret-4711"

const secrets = (home: string, words: string, input = "", env: Record<string, string> = byKey) =>
  Strata.run(strata, home, ["secrets", ...words.split(" ")], { env, input })

/** Runs a line of shell on a terminal of its own; types each answer when its question is there. */
const atTerminal = async (home: string, line: string, answers: ReadonlyArray<readonly [string, string]>) => {
  const child = spawn("script", ["--quiet", "--return", "--command", line, "/dev/null"], {
    cwd: strata.folder,
    env: { ...Strata.environmentOf(strata, home), ...byPassphrase, TERM: "xterm", STRATA: strata.command },
    stdio: ["pipe", "pipe", "inherit"]
  })
  const remaining = [...answers]
  let seen = ""
  let answered = 0
  child.stdout.on("data", (chunk: Buffer) => {
    seen += chunk.toString()
    const next = remaining[0]
    const asked = next === undefined ? -1 : seen.indexOf(next[0], answered)
    if (next === undefined || asked === -1) return
    remaining.shift()
    answered = seen.length
    child.stdin.write(next[1])
  })
  const code = await Strata.finished(child)
  return { code, seen }
}

const filesUnder = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())

describe.concurrent("strata secrets, as a program", () => {
  it("keeps what is piped in and prints it byte for byte; nothing of it is in a file or in what is said", async () => {
    const set = await secrets("bytes", "set mail/password", `${planted}\n`)
    assert.strictEqual(set.code, 0, set.stderr)
    const got = await secrets("bytes", "get mail/password")
    assert.deepStrictEqual([got.code, got.stdout, got.stderr], [0, planted, ""])
    const listed = await secrets("bytes", "list --json")
    assert.deepStrictEqual(JSON.parse(listed.stdout), { version: 1, secrets: ["mail/password"] })
    assert.notInclude(set.stdout + set.stderr, planted)
    const files = filesUnder(join(strata.folder, "bytes"))
    assert.isAbove(files.length, 0)
    for (const file of files) assert.isFalse(readFileSync(file).includes(planted), file)
  })

  it("fails when its output cannot be written, and not when nobody wants to read on", async () => {
    assert.strictEqual((await secrets("output", "set a", "x".repeat(300_000))).code, 0)
    const slots = async () =>
      (JSON.parse((await secrets("output", "slots --json")).stdout) as { readonly slots: ReadonlyArray<unknown> }).slots
    const line = async (words: string, target: string) => {
      const child = spawn("bash", ["-c", `set -o pipefail; node ${strata.command} secrets ${words} ${target}`], {
        cwd: strata.folder,
        env: { ...Strata.environmentOf(strata, "output"), ...byKey },
        stdio: ["ignore", "pipe", "pipe"]
      })
      let said = ""
      child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()))
      return { code: await Strata.finished(child), said }
    }
    const before = await slots()
    await Promise.all(
      ["get a", "list", "slots add recovery-code", "slots add recovery-code --json"].map(async (words) => {
        const { code, said } = await line(words, "> /dev/full")
        assert.strictEqual(code, 1, `${words}: ${said}`)
        assert.include(said, "cannot be written", words)
      })
    )
    const head = await line("get a", "| head -c 10")
    assert.strictEqual(head.code, 0, head.said)
    const code = await line("slots add recovery-code", "| true")
    assert.strictEqual(code.code, 1, code.said)
    assert.deepStrictEqual(await slots(), before)
  })

  it("tells the state of the store, and fails with 1 when its key is another", async () => {
    assert.strictEqual((await secrets("doctor", "set a", "x")).code, 0)
    const sound = await secrets("doctor", "doctor --json")
    assert.strictEqual(sound.code, 0, sound.stderr)
    const other = { ...byKey, STRATA_VAULT_KEY: "f0".repeat(32) }
    const wrong = await secrets("doctor", "doctor", "", other)
    assert.strictEqual(wrong.code, 1, wrong.stdout)
    assert.include(wrong.stderr, "✖")
    assert.strictEqual((await secrets("doctor", "get a", "", other)).code, 1)
  })

  it("moves every secret to another store by a file for its owner's eyes", async () => {
    await Promise.all(["a", "b"].map((name) => secrets("from", `set ${name}`, `${planted} ${name}`)))
    const file = join(strata.folder, "export.age")
    const exported = await secrets("from", `export ${file}`, "correct horse battery")
    assert.strictEqual(exported.code, 0, exported.stderr)
    assert.strictEqual(statSync(file).mode & 0o777, 0o600)
    assert.isFalse(readFileSync(file).includes(planted))
    const imported = await secrets("to", `import ${file} --json`, "correct horse battery")
    assert.strictEqual(imported.code, 0, imported.stderr)
    assert.strictEqual((await secrets("to", "get b")).stdout, `${planted} b`)
  })

  it("goes on after a rotation of either key", async () => {
    await secrets("rotate", "set a", planted)
    const dataKey = await secrets("rotate", "rotate")
    assert.strictEqual(dataKey.code, 0, dataKey.stderr)
    const rootKey = await secrets("rotate", "rotate --root")
    assert.strictEqual(rootKey.code, 0, rootKey.stderr)
    assert.strictEqual((await secrets("rotate", "get a")).stdout, planted)
  })

  it("does not start in production before somebody chose what unlocks the vault", async () => {
    const { code, stderr } = await secrets("production", "list", "", {
      STRATA_ENV: "production",
      STRATA_API_URL: "https://api.example.com",
      STRATA_VAULT_UNLOCK: "auto"
    })
    assert.strictEqual(code, 78, stderr)
    assert.include(stderr, "STRATA_VAULT_UNLOCK")
  })
})

describe.concurrent("strata secrets at a terminal", () => {
  it("asks once for the passphrase of a locked store, aside from the output, and without showing it", async () => {
    await secrets("terminal", "set a", planted)
    const added = await secrets("terminal", "slots add passphrase", "correct horse\n")
    assert.strictEqual(added.code, 0, added.stderr)
    const locked = await secrets("terminal", "get a", "", byPassphrase)
    assert.deepStrictEqual([locked.code, locked.stdout], [1, ""])

    const { code, seen } = await atTerminal("terminal", "node $STRATA secrets get a > got", [
      ["Passphrase of the secret store", "correct horse\r"]
    ])
    assert.strictEqual(code, 0, seen)
    assert.strictEqual(readFileSync(join(strata.folder, "got"), "utf8"), planted)
    assert.notInclude(seen, "horse")
  })

  it("makes a store with a new passphrase, where only a person opens it, and asks for that from then on", async () => {
    const first = await atTerminal("first", "node $STRATA secrets set a", [
      ["Value", `${planted}\r`],
      ["New passphrase", "correct horse\r"],
      ["again", "correct horse\r"]
    ])
    assert.strictEqual(first.code, 0, first.seen)
    const got = await atTerminal("first", "node $STRATA secrets get a", [
      ["Passphrase of the secret store", "correct horse\r"]
    ])
    assert.strictEqual(got.code, 0, got.seen)
    assert.include(got.seen, planted)
    const looked = await atTerminal("first", "node $STRATA doctor", [
      ["Passphrase of the secret store", "correct horse\r"]
    ])
    assert.strictEqual(looked.code, 0, looked.seen)
  })

  it("asks nothing on a standard error that nobody sees", async () => {
    const { code, seen } = await atTerminal("unseen", "node $STRATA secrets set a 2> unseen.log", [])
    assert.strictEqual(code, 1, seen)
    assert.include(readFileSync(join(strata.folder, "unseen.log"), "utf8"), "nowhere to ask")
  })

  it("refuses bytes that are no text, rather than changing them", async () => {
    const child = Strata.start(strata, "no-text", ["secrets", "set", "raw"], byKey)
    child.stdin.end(Buffer.from([0x61, 0xff]))
    assert.strictEqual(await Strata.finished(child), 1)
    assert.strictEqual((await secrets("no-text", "get raw")).code, 1)
  })

  it("stays locked after a wrong passphrase, and ends with 130 when the question is refused", async () => {
    await secrets("refused", "set a", planted)
    await secrets("refused", "slots add passphrase", "correct horse\n")
    const wrong = await atTerminal("refused", "node $STRATA secrets get a", [["Passphrase", "guess\r"]])
    assert.strictEqual(wrong.code, 1, wrong.seen)
    assert.notInclude(wrong.seen, planted)
    const refused = await atTerminal("refused", "node $STRATA secrets get a", [["Passphrase", "\u0003"]])
    assert.strictEqual(refused.code, 130, refused.seen)
  })
})
