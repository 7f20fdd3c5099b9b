import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import * as Strata from "../support/strata.ts"

let strata: Strata.Strata

beforeAll(async () => {
  strata = await Strata.build("db")
})

afterAll(() => strata.remove())

const run = (home: string, ...args: ReadonlyArray<string>) => Strata.run(strata, home, args)

const fileOf = (home: string) => join(strata.folder, home, "local", "data", "strata.db")

const titles = async (home: string) => {
  const { stdout } = await run(home, "notes", "list", "--json")
  const { notes } = JSON.parse(stdout) as { readonly notes: ReadonlyArray<{ readonly title: string }> }
  return notes.map(({ title }) => title).toSorted()
}

/** Signed in as the account of the embedded backend. */
const add = async (home: string, title: string) => {
  for (const words of [["login"], ["notes", "add", title, "--text", "x"]]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { code, stderr } = await run(home, ...words)
    assert.strictEqual(code, 0, stderr)
  }
}

describe.concurrent("strata db, as a program", () => {
  it("brings back what a copy has when the database is damaged and nothing else starts", async () => {
    await add("damaged", "first")
    const copy = join(strata.folder, "copy.db")
    const copied = await run("damaged", "db", "backup", copy)
    assert.strictEqual(copied.code, 0, copied.stderr)
    assert.strictEqual(fs.statSync(copy).mode & 0o777, 0o600)
    await add("damaged", "second")
    const sound = await run("damaged", "db", "check", "--json")
    const { database } = JSON.parse(sound.stdout) as { readonly database: { readonly location: string } }
    assert.strictEqual(database.location, fileOf("damaged"))
    fs.writeFileSync(fileOf("damaged"), "not a database ".repeat(1000))

    const lost = await run("damaged", "notes", "list")
    assert.strictEqual(lost.code, 1)
    assert.include(lost.stderr, "strata db check")
    const checked = await run("damaged", "db", "check")
    assert.strictEqual(checked.code, 1)
    assert.include(checked.stdout, "file is not a database")
    const nobody = await run("damaged", "db", "restore", copy)
    assert.deepStrictEqual([nobody.code, /--yes/.test(nobody.stderr)], [1, true])

    const restored = await run("damaged", "db", "restore", copy, "--yes")
    assert.strictEqual(restored.code, 0, restored.stderr)
    assert.deepStrictEqual(await titles("damaged"), ["first"])
    assert.strictEqual((await run("damaged", "db", "check")).code, 0)
    const [, kept = ""] = /What was there before is (\S+)/.exec(restored.stderr) ?? []
    assert.isTrue(fs.readFileSync(kept, "utf8").startsWith("not a database "))
  })

  it("leaves a database that is in use where it is, and copies it", async () => {
    await add("used", "first")
    const up = Strata.start(strata, "used", ["up"])
    const ended = Strata.finished(up)
    await Strata.printed(up, "running as")
    const copy = join(strata.folder, "used.db")
    assert.strictEqual((await run("used", "db", "backup", copy)).code, 0)
    for (const words of [["restore", copy], ["quarantine"]]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const { code, stderr } = await run("used", "db", ...words, "--yes")
      assert.strictEqual(code, 1)
      assert.include(stderr, "in use by another process")
      assert.include(stderr, "strata up")
    }
    up.kill("SIGTERM")
    await ended
    const aside = await run("used", "db", "quarantine", "--yes", "--json")
    const { quarantine } = JSON.parse(aside.stdout) as { readonly quarantine: { readonly previous: string } }
    assert.isTrue(fs.existsSync(quarantine.previous))
    assert.isFalse(fs.existsSync(fileOf("used")))
  })

  it("leaves no half copy behind when it is ended in the middle", async () => {
    await add("ended", "first")
    const file = fileOf("ended")
    const sqlite = join(strata.folder, "fill.cjs")
    fs.writeFileSync(
      sqlite,
      `const db = require("better-sqlite3")(process.argv[2])
db.exec("CREATE TABLE IF NOT EXISTS filler (a); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) INSERT INTO filler SELECT randomblob(4000) FROM n")`
    )
    execFileSync(process.execPath, [sqlite, file])
    const copy = join(strata.folder, "ended.db")
    const child = Strata.start(strata, "ended", ["db", "backup", copy])
    const code = Strata.finished(child)
    while (!fs.readdirSync(strata.folder).some((name) => /^ended\.db\..+\.tmp$/.test(name))) {
      // oxlint-disable-next-line no-await-in-loop -- until it has begun
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    child.kill("SIGINT")
    assert.strictEqual(await code, 130)
    assert.deepStrictEqual(fs.readdirSync(strata.folder).filter((name) => name.startsWith("ended.db")), [])
  })
})
