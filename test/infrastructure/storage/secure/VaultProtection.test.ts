import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { execFileSync } from "node:child_process"
import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync } from "node:fs"
import { dirname } from "node:path"
import * as VaultFixture from "./VaultFixture.ts"

const prepared = Effect.gen(function*() {
  const fixture = yield* VaultFixture.make
  const store = yield* fixture.open()
  yield* store.set("token", Redacted.make("first"))
  return { ...fixture, folder: dirname(fixture.vaultFile), store }
})

/** Both a store that has the vault open and one that opens it are `Locked`; gives the fix. */
const refused = ({ open, store }: Effect.Effect.Success<typeof prepared>) =>
  Effect.gen(function*() {
    const other = yield* open()
    const uses = [store.get("token"), other.get("token"), other.list, other.set("token", Redacted.make("x"))]
    const failures = yield* Effect.forEach(uses, (use) => Effect.flip(Effect.asVoid(use)))
    assert.deepStrictEqual(new Set(failures.map(({ _tag }) => _tag)), new Set(["Locked"]))
    return failures[0]?.message ?? ""
  })

describe("a vault that others could replace", () => {
  for (const mode of [0o620, 0o602, 0o666]) {
    it.scoped(`is refused when its file has mode ${mode.toString(8)}, saying how to close it`, () =>
      Effect.gen(function*() {
        const vault = yield* prepared
        chmodSync(vault.vaultFile, mode)
        assert.include(yield* refused(vault), `chmod 600 "${vault.vaultFile}"`)
        chmodSync(vault.vaultFile, 0o600)
        assert.isTrue(Option.isSome(yield* vault.store.get("token")))
      }))
  }

  it.scoped("is refused by a store that opens it when its folder is open to others", () =>
    Effect.gen(function*() {
      const { folder, open } = yield* prepared
      for (const mode of [0o770, 0o777, 0o1777]) {
        chmodSync(folder, mode)
        const failure = yield* Effect.flip((yield* open()).get("token"))
        assert.strictEqual(failure._tag, "Locked")
        assert.include(failure.message, `chmod go-w "${folder}"`)
      }
      chmodSync(folder, 0o755)
      assert.isTrue(Option.isSome(yield* (yield* open()).get("token")))
    }))

  it.scoped("is refused when it is a symbolic link, to whatever it points", () =>
    Effect.gen(function*() {
      const vault = yield* prepared
      const elsewhere = `${vault.folder}/elsewhere`
      renameSync(vault.vaultFile, elsewhere)
      const content = readFileSync(elsewhere)
      symlinkSync(elsewhere, vault.vaultFile)
      assert.include(yield* refused(vault), "symbolic link")
      assert.deepStrictEqual(readFileSync(elsewhere), content)
      rmSync(elsewhere)
      assert.include(yield* refused(vault), "symbolic link")
    }))

  it.scoped("is neither looked into nor accepted when its file is open to others, nor put back when its previous one is", () =>
    Effect.gen(function*() {
      const { openVault, store, vaultFile } = yield* prepared
      yield* store.set("token", Redacted.make("second"))
      const { vault } = yield* openVault()
      chmodSync(vaultFile, 0o666)
      for (const use of [vault.inspect, vault.acceptRollback]) {
        assert.strictEqual((yield* Effect.flip(Effect.asVoid(use)))._tag, "Locked")
      }
      chmodSync(`${vaultFile}.bak`, 0o666)
      assert.strictEqual((yield* Effect.flip(vault.restorePrevious))._tag, "Locked")
      for (const file of [vaultFile, `${vaultFile}.bak`]) {
        rmSync(file)
        execFileSync("mkfifo", ["-m", "600", file])
      }
      for (const use of [vault.inspect, vault.acceptRollback, vault.restorePrevious]) {
        assert.strictEqual((yield* Effect.flip(Effect.asVoid(use)))._tag, "Corrupt")
      }
    }))

  it.scoped("gives way to its previous generation though it cannot be read", () =>
    Effect.gen(function*() {
      const { openVault, store, vaultFile } = yield* prepared
      yield* store.set("token", Redacted.make("second"))
      const { vault } = yield* openVault({
        fileSystem: (real) => ({
          ...real,
          readFile: (file) => real.readFile(file === vaultFile ? dirname(file) : file)
        })
      })
      const aside = Option.getOrThrow(yield* vault.restorePrevious)
      assert.match(aside, /quarantine-\d+$/)
    }))

  it.scoped("is Corrupt, at once, when it is no file or is larger than any vault", () =>
    Effect.gen(function*() {
      const { open, store, vaultFile } = yield* prepared
      truncateSync(vaultFile, 1024 ** 4)
      for (const each of [store, yield* open()]) {
        assert.strictEqual((yield* Effect.flip(each.get("token")))._tag, "Corrupt")
      }
      rmSync(vaultFile)
      mkdirSync(vaultFile)
      assert.strictEqual((yield* Effect.flip((yield* open()).get("token")))._tag, "Corrupt")
      rmSync(vaultFile, { recursive: true })
      execFileSync("mkfifo", ["-m", "600", vaultFile])
      assert.strictEqual((yield* Effect.flip((yield* open()).get("token")))._tag, "Corrupt")
    }))

  it.scoped.runIf(process.getuid?.() === 0)(
    "is refused when its file or folder is another user's",
    () =>
      Effect.gen(function*() {
        const vault = yield* prepared
        chownSync(vault.vaultFile, 4242, 4242)
        assert.include(yield* refused(vault), `chown 0 "${vault.vaultFile}"`)
        chownSync(vault.vaultFile, 0, 0)
        chownSync(vault.folder, 4242, 4242)
        const failure = yield* Effect.flip((yield* vault.open()).get("token"))
        assert.include(failure.message, `chown 0 "${vault.folder}"`)
      })
  )
})
