import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, TestClock } from "effect"
import { DatabaseMaintenance, DatabaseReport } from "../../../src/domain/operations/DatabaseMaintenance.ts"
import { Busy, Full } from "../../../src/domain/storage/StorageFailure.ts"
import * as MemoryDatabaseMaintenance from "../../../src/infrastructure/storage/local/MemoryDatabaseMaintenance.ts"
import type { MemoryDatabase } from "../../../src/infrastructure/storage/local/MemoryDatabaseMaintenance.ts"
import { layerOf, runIn } from "./SecretsCommand.ts"
import type { Input } from "./SecretsCommand.ts"

const location = "/home/ada/strata.db"

const sound: MemoryDatabase = { version: 2, content: "first", problems: [] }

/** `strata db <words>` over files in memory. */
const over = (
  files: Map<string, MemoryDatabase>,
  changed: (sound: typeof DatabaseMaintenance.Service) => Partial<typeof DatabaseMaintenance.Service> = () => ({})
) => {
  const databaseMaintenance = Layer.effect(
    DatabaseMaintenance,
    Effect.map(
      MemoryDatabaseMaintenance.make({ location, files, knownVersion: 2 }),
      (adapter) => ({ ...adapter, ...changed(adapter) })
    )
  )
  return (words: string, input: Input = { piped: "" }) =>
    runIn(layerOf({ databaseMaintenance }), ["db", ...words.split(" ")], input)
}

const filesWith = (database: MemoryDatabase | undefined, more: Readonly<Record<string, MemoryDatabase>> = {}) =>
  new Map([...Object.entries(more), ...(database === undefined ? [] : [[location, database] as const])])

const json = (text: string) => JSON.parse(text) as Readonly<Record<string, unknown>>

describe("strata db check", () => {
  it.effect("tells where the database is, how large and how far, and that it is sound", () =>
    Effect.gen(function*() {
      const { code, error, out } = yield* over(filesWith(sound))("check")
      assert.strictEqual(code, 0, error)
      for (const text of [location, "5 bytes", "2 of 2", "✔ The database is sound"]) assert.include(out, text)
      assert.notInclude(out, "\u001b")
      assert.strictEqual(error, "")
    }))

  it.effect("is content with a database that was not made yet", () =>
    Effect.gen(function*() {
      const { code, out } = yield* over(filesWith(undefined))("check")
      assert.strictEqual(code, 0)
      assert.include(out, "not made yet")
    }))

  it.effect("ends with 1, shows what it found and says the ways out of damage", () =>
    Effect.gen(function*() {
      const damaged = filesWith({ ...sound, problems: ["page 7 is never used\u001b[2J"] })
      const { code, error, out } = yield* over(damaged)("check")
      assert.strictEqual(code, 1)
      assert.include(out, "✖ page 7 is never used")
      assert.notInclude(out, "\u001b")
      assert.include(out, "! Restore the last backup")
      assert.include(error, "The advice above says what to do")
      assert.notInclude(error, "strata db")
    }))

  it.effect("ends with 1 for a database of a newer version, or of another program", () =>
    Effect.gen(function*() {
      const newer = yield* over(filesWith({ ...sound, version: 3 }))("check")
      assert.strictEqual(newer.code, 1)
      assert.include(newer.error, "Install the version that wrote it")
      const other = yield* over(filesWith(sound), ({ check }) => ({
        check: Effect.map(check, (report) =>
          new DatabaseReport({ ...report, advice: ["look whether the path is right"] }))
      }))("check")
      assert.strictEqual(other.code, 1)
      assert.include(other.out, "! look whether the path is right")
    }))

  it.effect("gives one JSON object on standard output, whatever it finds", () =>
    Effect.gen(function*() {
      const { code, out } = yield* over(filesWith({ ...sound, problems: ["broken"] }))("check --json")
      assert.strictEqual(code, 1)
      const { database, version } = json(out) as { readonly version: number; readonly database: DatabaseReport }
      assert.strictEqual(version, 1)
      assert.deepStrictEqual(database.problems, ["broken"])
      assert.strictEqual(database.location, location)
    }))

  it.effect("says every two seconds that it is still reading, on standard error", () =>
    Effect.gen(function*() {
      const slow = over(filesWith(sound), ({ check }) => ({
        check: Effect.zipRight(Effect.repeatN(TestClock.adjust("1 second"), 4), check)
      }))
      const { code, error, out } = yield* slow("check")
      assert.strictEqual(code, 0)
      assert.strictEqual(error, "  reading every page (2.0 s)\n  reading every page (4.0 s)\n")
      assert.notInclude(out, "reading")
    }))
})

describe("strata db backup", () => {
  it.effect("makes a copy, tells its size, and does not overwrite another one", () =>
    Effect.gen(function*() {
      const files = filesWith(sound)
      const strata = over(files)
      const { code, out } = yield* strata("backup /copy")
      assert.deepStrictEqual([code, out], [0, "✔ A checked copy is in /copy (5 bytes)\n"])
      assert.strictEqual(files.get("/copy")?.content, "first")
      const again = yield* strata("backup /copy")
      assert.strictEqual(again.code, 1)
      assert.include(again.error, "There is a file at /copy already")
      assert.include(again.error, "Name another file")
      const { backup } = json((yield* strata("backup /other --json")).out)
      assert.deepStrictEqual(backup, { path: "/other", bytes: 5 })
    }))

  it.effect("says what to do when there is nothing to copy, it is damaged, or the disk is full", () =>
    Effect.gen(function*() {
      const none = yield* over(filesWith(undefined))("backup /copy")
      assert.deepStrictEqual([none.code, /the first start makes one/.test(none.error)], [1, true])
      const damaged = yield* over(filesWith({ ...sound, problems: ["broken"] }))("backup /copy")
      assert.deepStrictEqual([damaged.code, /strata db check/.test(damaged.error)], [1, true])
      const full = yield* over(filesWith(sound), () => ({
        backup: () => new Full({ store: "database", operation: "backup" })
      }))("backup /copy")
      assert.deepStrictEqual([full.code, /Free some space/.test(full.error)], [1, true])
    }))
})

describe("strata db restore and quarantine", () => {
  it.effect("happen when the person agrees, at the terminal or with --yes, and not otherwise", () =>
    Effect.gen(function*() {
      for (const command of ["restore /copy", "quarantine"]) {
        const files = filesWith({ ...sound, content: "present" }, { "/copy": sound })
        const strata = over(files)
        const nobody = yield* strata(command)
        assert.strictEqual(nobody.code, 1)
        assert.include(nobody.error, "--yes")
        const refused = yield* strata(command, { answers: [false] })
        assert.strictEqual(refused.code, 1)
        assert.strictEqual(refused.questions.length, 1)
        assert.strictEqual(files.get(location)?.content, "present")
        assert.strictEqual((yield* strata(command, { answers: [true] })).code, 0)
        assert.notStrictEqual(files.get(location)?.content, "present")
        assert.strictEqual((yield* over(filesWith(sound, { "/copy": sound }))(`${command} --yes`)).code, 0)
      }
    }))

  it.effect("tell where what was there is now, as JSON too", () =>
    Effect.gen(function*() {
      const files = filesWith({ ...sound, content: "present" }, { "/copy": sound })
      const strata = over(files)
      const restored = yield* strata("restore /copy --yes")
      const [, kept = ""] = /What was there before is (\S+)/.exec(restored.error) ?? []
      assert.strictEqual(files.get(kept)?.content, "present")
      const { quarantine } = json((yield* strata("quarantine --yes --json")).out)
      assert.strictEqual(files.get((quarantine as { readonly previous: string }).previous)?.content, "first")
      const again = yield* strata("quarantine --yes")
      assert.include(again.out, "nothing was moved")
      assert.deepStrictEqual(json((yield* strata("restore /copy --yes --json")).out)["restore"], { previous: null })
    }))

  it.effect("say what is wrong with a file that is no copy, and who uses the database", () =>
    Effect.gen(function*() {
      const files = filesWith(sound, { "/newer": { ...sound, version: 3 }, "/other": { ...sound, version: 0 } })
      const strata = over(files)
      const other = yield* strata("restore /other --yes")
      assert.deepStrictEqual([other.code, /database of another program/.test(other.error)], [1, true])
      assert.include(other.error, "Nothing was changed")
      const newer = yield* strata("restore /newer --yes")
      assert.deepStrictEqual([newer.code, /Install the version that wrote the copy/.test(newer.error)], [1, true])
      const busy = over(files, () => ({ quarantine: new Busy({ store: "database", operation: "quarantine" }) }))
      const used = yield* busy("quarantine --yes")
      assert.deepStrictEqual([used.code, /strata up/.test(used.error)], [1, true])
    }))
})

describe("strata db", () => {
  it.effect("starts its help with examples and names the whole command", () =>
    Effect.gen(function*() {
      for (const command of ["check", "backup", "restore", "quarantine"]) {
        const { code, out } = yield* over(filesWith(undefined))(`${command} --help`)
        assert.strictEqual(code, 0)
        assert.match(out, new RegExp(`^EXAMPLES\\n\\n  \\$ strata db ${command}`))
        assert.include(out.slice(out.indexOf("USAGE")), `strata db ${command}`)
      }
    }))

  it.effect("refuses words it does not know", () =>
    Effect.gen(function*() {
      const strata = over(filesWith(sound))
      assert.strictEqual((yield* strata("restore")).code, 2)
      assert.strictEqual((yield* strata("backup --force")).code, 2)
    }))
})
