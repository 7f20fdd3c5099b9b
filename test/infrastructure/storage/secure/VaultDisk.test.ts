import { SystemError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import * as VaultFixture from "./VaultFixture.ts"

const failing = (code: string) =>
  new SystemError({
    module: "FileSystem",
    method: "injected",
    reason: "Unknown",
    cause: Object.assign(new TypeError("injected"), { code })
  })

type Step = "open" | "writeAll" | "sync" | "link" | "renameBackup" | "rename" | "syncFolder"

/** The real file system, except that `step` fails with `code`. */
const faulty = (step: Step, code: string) => (real: FileSystem.FileSystem): FileSystem.FileSystem => {
  const fail = Effect.fail(failing(code))
  return {
    ...real,
    link: step === "link" ? () => fail : real.link,
    rename: (from, to) => step === (to.endsWith(".bak") ? "renameBackup" : "rename") ? fail : real.rename(from, to),
    open: (path, options) => {
      const writes = options?.flag === "wx"
      if (step === "open" && writes) return fail
      return Effect.map(real.open(path, options), (handle): FileSystem.File =>
        // The handle's methods live on its prototype.
        Object.create(handle, {
          writeAll: {
            value: (bytes: Uint8Array) =>
              step === "writeAll"
                ? Effect.zipRight(handle.writeAll(bytes.subarray(0, 10)), fail)
                : handle.writeAll(bytes)
          },
          sync: { value: step === (writes ? "sync" : "syncFolder") ? fail : handle.sync }
        }))
    }
  }
}

const expected: ReadonlyArray<readonly [Step, string, string]> = [
  ["open", "EROFS", "ReadOnly"],
  ["open", "EACCES", "ReadOnly"],
  ["open", "ENOSPC", "Full"],
  ["writeAll", "ENOSPC", "Full"],
  ["writeAll", "EDQUOT", "Full"],
  ["writeAll", "EIO", "Io"],
  ["sync", "EIO", "Io"],
  ["link", "ENOSPC", "Full"],
  ["link", "EIO", "Io"],
  ["renameBackup", "EIO", "Io"],
  ["rename", "EROFS", "ReadOnly"],
  ["rename", "EBUSY", "Busy"]
]

describe("VaultSecureStore on a failing disk", () => {
  for (const [step, code, tag] of expected) {
    it.scoped(`fails ${tag} when ${step} fails with ${code}; the old vault and nothing else is there`, () =>
      Effect.gen(function*() {
        const { open, vaultFile } = yield* VaultFixture.make
        yield* (yield* open()).set("token", Redacted.make("first"))
        const before = readFileSync(vaultFile)
        const store = yield* open({ fileSystem: faulty(step, code) })
        const failure = yield* Effect.flip(store.set("token", Redacted.make("second")))
        assert.strictEqual(failure._tag, tag)
        assert.deepStrictEqual(readFileSync(vaultFile), before)
        const left = readdirSync(dirname(vaultFile)).filter((name) => name.endsWith(".tmp"))
        assert.deepStrictEqual(left, [])
        if (existsSync(`${vaultFile}.bak`)) assert.deepStrictEqual(readFileSync(`${vaultFile}.bak`), before)
        const found = yield* store.get("token")
        assert.deepStrictEqual(Option.map(found, Redacted.value), Option.some("first"))
      }))
  }

  it.scoped("reports a folder that could not be made durable, and shows what is in the file then", () =>
    Effect.gen(function*() {
      const { open } = yield* VaultFixture.make
      yield* (yield* open()).set("token", Redacted.make("first"))
      const store = yield* open({ fileSystem: faulty("syncFolder", "EIO") })
      assert.strictEqual((yield* Effect.flip(store.set("token", Redacted.make("second"))))._tag, "Io")
      const found = yield* store.get("token")
      assert.deepStrictEqual(Option.map(found, Redacted.value), Option.some("second"))
    }))

  it.scoped("works on file systems that cannot sync a folder", () =>
    Effect.gen(function*() {
      const { open } = yield* VaultFixture.make
      const store = yield* open({ fileSystem: faulty("syncFolder", "EINVAL") })
      yield* store.set("token", Redacted.make("first"))
      assert.isTrue(yield* store.has("token"))
    }))

  it.scoped("a file that cannot be read is Io, not an empty store", () =>
    Effect.gen(function*() {
      const { open } = yield* VaultFixture.make
      yield* (yield* open()).set("token", Redacted.make("first"))
      const store = yield* open({
        fileSystem: (real) => ({ ...real, readFile: () => Effect.fail(failing("EACCES")) })
      })
      assert.strictEqual((yield* Effect.flip(store.get("token")))._tag, "Io")
      assert.strictEqual((yield* Effect.flip(store.set("token", Redacted.make("second"))))._tag, "Io")
    }))

  it.scoped("what a killed writer left behind is gone after the next write of a store that was open", () =>
    Effect.gen(function*() {
      const { open, vaultFile } = yield* VaultFixture.make
      const store = yield* open()
      yield* store.set("token", Redacted.make("first"))
      for (const name of ["tmp", "bak.tmp"]) writeFileSync(`${vaultFile}.${name}`, "half of a vault")
      yield* store.set("token", Redacted.make("second"))
      assert.deepStrictEqual(readdirSync(dirname(vaultFile)).toSorted(), ["secrets.vault", "secrets.vault.bak"])
    }))

  it.scoped("what a killed writer left behind is gone when the next process reads", () =>
    Effect.gen(function*() {
      const { open, vaultFile } = yield* VaultFixture.make
      yield* (yield* open()).set("token", Redacted.make("first"))
      for (const name of ["tmp", "bak.tmp"]) writeFileSync(`${vaultFile}.${name}`, "half of a vault")
      yield* (yield* open()).get("token")
      assert.deepStrictEqual(readdirSync(dirname(vaultFile)), ["secrets.vault"])
    }))

  it.scoped("keeps the previous generation where files have one name only", () =>
    Effect.gen(function*() {
      const { open, vaultFile } = yield* VaultFixture.make
      yield* (yield* open()).set("token", Redacted.make("first"))
      const store = yield* open({ fileSystem: faulty("link", "EPERM") })
      const before = readFileSync(vaultFile)
      yield* store.set("token", Redacted.make("second"))
      assert.deepStrictEqual(readFileSync(`${vaultFile}.bak`), before)
    }))
})
