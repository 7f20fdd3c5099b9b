import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { demoAccount } from "../../src/infrastructure/config/constants/DemoAccount.ts"
import * as Strata from "../support/strata.ts"

let strata: Strata.Strata

beforeAll(async () => {
  strata = await Strata.build("command")
})

afterAll(() => strata.remove())

const markdown = (folder: string, files: Readonly<Record<string, string>>) => {
  const path = join(strata.folder, folder)
  mkdirSync(path, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return path
}

const filesUnder = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())

describe.concurrent("the tour", () => {
  it("imports a folder, ends well twice, and leaves nothing readable behind", async () => {
    const canary = "rosemary-canary-4711"
    const path = markdown("journal", {
      "a.md": `# Title with ${canary}\n\n${canary} in the text`,
      "b.md": `no heading, ${canary}`
    })
    const first = await Strata.run(strata, "tour", ["tour", path])
    assert.strictEqual(first.code, 0, first.stdout + first.stderr)
    assert.include(first.stdout, "2 Markdown files: 2 added")
    const second = await Strata.run(strata, "tour", ["tour", path])
    assert.strictEqual(second.code, 0, second.stdout + second.stderr)
    assert.include(second.stdout, "2 Markdown files: 0 added, 0 changed, 2 unchanged")

    const home = join(strata.folder, "tour")
    const files = filesUnder(home)
    assert.isAbove(files.length, 8)
    const secrets = [canary, demoAccount.password, "Last tour with"]
    for (const file of files) {
      const bytes = readFileSync(file)
      for (const secret of secrets) assert.isFalse(bytes.includes(secret), `${secret} in ${file}`)
    }
    for (const { stderr, stdout } of [first, second]) {
      for (const secret of secrets) assert.notInclude(stdout + stderr, secret)
      assert.notMatch(stdout + stderr, /Bearer |[Rr]efreshToken|accessToken/)
    }

    const listed = await Strata.run(strata, "tour", ["notes", "list", "--json"])
    const titles = (JSON.parse(listed.stdout) as { readonly notes: ReadonlyArray<{ readonly title: string }> }).notes
      .map(({ title }) => title)
    assert.deepStrictEqual(titles.toSorted(), ["Strata tour", `Title with ${canary}`, "b.md"])
  })

  it("keeps files to their owner", async () => {
    await Strata.run(strata, "modes", ["notes", "list"])
    const open = filesUnder(join(strata.folder, "modes")).filter((path) => (statSync(path).mode & 0o077) !== 0)
    assert.deepStrictEqual(open, [])
  })

  it("fails with 1 and says why when there is nothing to import", async () => {
    const { code, stderr, stdout } = await Strata.run(strata, "nothing", ["tour", markdown("empty", { "a.txt": "" })])
    assert.strictEqual(code, 1)
    assert.strictEqual(stdout, "")
    assert.include(stderr, "No Markdown files")
  })
})

describe.concurrent("exit codes and streams", () => {
  it("a configuration with five mistakes gives one report of five rows, exit 78, nothing on standard output", async () => {
    const { code, stderr, stdout } = await Strata.run(strata, "config", ["notes", "list"], {
      env: {
        STRATA_ENV: "production",
        STRATA_API_TIMEOUT: "soon",
        STRATA_LOG_LEVEL: "loud",
        STRATA_ANALYTICS_WRITE_KEY: "planted-write-key-0815"
      }
    })
    assert.strictEqual(code, 78)
    assert.strictEqual(stdout, "")
    assert.include(stderr, "not valid for profile \"production\" (5 problems)")
    for (
      const key of [
        "STRATA_API_URL",
        "STRATA_VAULT_UNLOCK",
        "STRATA_API_TIMEOUT",
        "STRATA_LOG_LEVEL",
        "STRATA_ANALYTICS_URL"
      ]
    ) {
      assert.match(stderr, new RegExp(`^  ${key} `, "m"))
    }
    assert.notInclude(stderr, "planted-write-key")
    assert.notMatch(stderr, /^\s+at /m)
  })

  it.each([["--nope"], ["notes", "show", "--nope"], ["nonsense"], ["traces", "ls", "--limit", "many"]])(
    "wrong usage exits with 2, told on standard error: %s %s %s %s",
    async (...args) => {
      const { code, stderr, stdout } = await Strata.run(strata, "usage", args.filter((word) => word !== undefined))
      assert.strictEqual(code, 2, stdout + stderr)
      assert.strictEqual(stdout, "")
      assert.notStrictEqual(stderr.trim(), "")
    }
  )

  it("help has examples first, the whole command in its usage, and no escape sequence in a pipe", async () => {
    const { code, stdout } = await Strata.run(strata, "help", ["traces", "show", "--help"])
    assert.strictEqual(code, 0)
    assert.isTrue(stdout.startsWith("EXAMPLES"))
    assert.include(stdout, "$ strata traces show")
    assert.notInclude(stdout, "\u001b")
  })

  it.each(["whoami", "config explain", "config check", "traces ls", "traces top", "layers", "doctor"])(
    "--json gives one JSON object and nothing else: %s",
    async (words) => {
      const { code, stderr, stdout } = await Strata.run(strata, `json ${words}`, [...words.split(" "), "--json"])
      assert.strictEqual(code, 0, stdout + stderr)
      assert.strictEqual((JSON.parse(stdout) as { readonly version: number }).version, 1)
    }
  )

  it("notes can be added, shown, edited and removed, from one run to the next", async () => {
    const notes = (...args: ReadonlyArray<string>) => Strata.run(strata, "notes", ["notes", ...args])
    assert.strictEqual((await Strata.run(strata, "notes", ["login"])).code, 0)
    const added = await notes("add", "Shopping", "--text", "Milk", "--json")
    const { id } = (JSON.parse(added.stdout) as { readonly note: { readonly id: string } }).note
    assert.include((await notes("show", id.slice(0, 8))).stdout, "Milk")
    assert.strictEqual((await notes("edit", id, "--text", "Bread")).code, 0)
    assert.include((await notes("show", id)).stdout, "Bread")
    assert.include((await notes("sync")).stdout, "1 sent")
    assert.strictEqual((await notes("rm", id)).code, 0)
    const gone = await notes("show", id)
    assert.strictEqual(gone.code, 1)
    assert.include(gone.stderr, "No note has an id that begins with")
  })
})

describe.concurrent("a person's shell", () => {
  it("a note that speaks of USAGE does not change what is printed", async () => {
    await Strata.run(strata, "usage-note", ["login"])
    const added = await Strata.run(strata, "usage-note", [
      "notes",
      "add",
      "My USAGE guide",
      "--text",
      "before\nUSAGE",
      "--json"
    ])
    assert.strictEqual((JSON.parse(added.stdout) as { readonly version: number }).version, 1)
  })

  it("the end of a pipe's reader is no failure", () => {
    const script = `"${process.execPath}" "${strata.command}" layers --env local | true; echo "\${PIPESTATUS[0]}"`
    const env = Strata.environmentOf(strata, "pipe")
    assert.strictEqual(execFileSync("bash", ["-c", script], { env }).toString().trim(), "0")
  })

  it("Ctrl-C ends a command that waits for standard input", async () => {
    const child = Strata.start(strata, "waiting", ["notes", "add", "Title"])
    const ended = Strata.finished(child)
    // More than a pipe holds: once it has drained, the command is reading.
    if (!child.stdin.write("line\n".repeat(100_000))) await once(child.stdin, "drain")
    child.kill("SIGINT")
    assert.strictEqual(await ended, 130)
  })

  it("a log line is written once", async () => {
    const { stderr } = await Strata.run(strata, "said", ["tour", markdown("said", { "a.md": "# a" })])
    assert.strictEqual(stderr.match(/the key of the secret store is in/g)?.length, 1, stderr)
  })

  it("traces can be listed, and doctor tells why, when the database is damaged", async () => {
    const home = "damaged"
    await Strata.run(strata, home, ["login"])
    writeFileSync(
      join(strata.folder, home, "local/data/strata.db"),
      "this is no database, and was never one ".repeat(200)
    )
    assert.strictEqual((await Strata.run(strata, home, ["traces", "ls"])).code, 0)
    const { code, stdout } = await Strata.run(strata, home, ["doctor"])
    assert.strictEqual(code, 1)
    assert.include(stdout, "The database is damaged")
  })
})

describe.concurrent("strata up", () => {
  it.each([["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const)(
    "ends cleanly at %s with exit code %i, and its spans are kept",
    async (signal, expected) => {
      const child = Strata.start(strata, `up-${signal}`, ["up"])
      const ended = Strata.finished(child)
      await Strata.printed(child, "running as")
      child.kill(signal)
      assert.strictEqual(await ended, expected)
      const traces = await Strata.run(strata, `up-${signal}`, ["traces", "ls", "--json"])
      assert.include(traces.stdout, "strata.command")
    }
  )

  it("a second process uses the backend of the first", async () => {
    const child = Strata.start(strata, "shared", ["up"])
    const ended = Strata.finished(child)
    await Strata.printed(child, "running as")
    const added = await Strata.run(strata, "shared", ["notes", "add", "From elsewhere", "--text", "x"])
    assert.strictEqual(added.code, 0, added.stderr)
    const synced = await Strata.run(strata, "shared", ["notes", "sync"])
    assert.strictEqual(synced.code, 0, synced.stderr)
    const backend = await Strata.run(strata, "shared", ["backend"])
    assert.strictEqual(backend.code, 1)
    assert.include(backend.stderr, "in use by another process")
    const argv = execFileSync("ps", ["-o", "args=", "-p", String(child.pid)]).toString()
    assert.notInclude(argv, demoAccount.password)
    child.kill("SIGTERM")
    assert.strictEqual(await ended, 143)
  })
})
