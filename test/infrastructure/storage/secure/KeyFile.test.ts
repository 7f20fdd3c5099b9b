import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { basename, dirname } from "node:path"
import * as KeyFile from "../../../../src/infrastructure/storage/secure/KeyFile.ts"
import * as VaultFixture from "./VaultFixture.ts"

describe("KeyFile", () => {
  const prepared = Effect.gen(function*() {
    const fixture = yield* VaultFixture.make
    mkdirSync(dirname(fixture.keyFile), { recursive: true })
    const store = yield* fixture.open({ key: KeyFile.layerLoad({ file: fixture.keyFile }) })
    return { ...fixture, set: store.set("token", Redacted.make("first")), store }
  })

  it.scoped("where a key has to be configured, a missing one is Locked and is not created", () =>
    Effect.gen(function*() {
      const { keyFile, set, vaultFile } = yield* prepared
      const failure = yield* Effect.flip(set)
      assert.strictEqual(failure._tag, "Locked")
      assert.include(failure.message, `head -c 32 /dev/urandom > "${keyFile}"`)
      assert.isFalse(existsSync(keyFile) || existsSync(vaultFile))
    }))

  it.scoped("uses a configured key", () =>
    Effect.gen(function*() {
      const { keyFile, set, store } = yield* prepared
      writeFileSync(keyFile, Buffer.alloc(32, 1), { mode: 0o400 })
      yield* set
      const found = yield* store.get("token")
      assert.deepStrictEqual(Option.map(found, Redacted.value), Option.some("first"))
    }))

  for (const mode of [0o640, 0o604, 0o620, 0o644, 0o666]) {
    it.scoped(`refuses a key file of mode ${mode.toString(8)} and says how to close it`, () =>
      Effect.gen(function*() {
        const { keyFile, set } = yield* prepared
        writeFileSync(keyFile, Buffer.alloc(32, 1))
        chmodSync(keyFile, mode)
        const failure = yield* Effect.flip(set)
        assert.strictEqual(failure._tag, "Locked")
        assert.include(failure.message, `chmod 600 "${keyFile}"`)
      }))
  }

  for (const length of [0, 31, 33, 5000]) {
    it.scoped(`a key file of ${length} bytes is Corrupt and is kept`, () =>
      Effect.gen(function*() {
        const { keyFile, open, set } = yield* prepared
        writeFileSync(keyFile, Buffer.alloc(length, 1), { mode: 0o600 })
        assert.strictEqual((yield* Effect.flip(set))._tag, "Corrupt")
        const creating = yield* open()
        assert.strictEqual((yield* Effect.flip(creating.set("token", Redacted.make("x"))))._tag, "Corrupt")
        assert.strictEqual(statSync(keyFile).size, length)
      }))
  }

  it.scoped("of several that create it at once, all get the same key", () =>
    Effect.gen(function*() {
      const { keyFile } = yield* prepared
      const loads = Array.from({ length: 8 }, () =>
        KeyFile.makeLoadOrCreate({ file: keyFile }).pipe(
          Effect.flatMap(({ loadForNewVault }) => loadForNewVault),
          Effect.provide(NodeContext.layer)
        ))
      const keys = yield* Effect.all(loads, { concurrency: "unbounded" })
      assert.strictEqual(
        new Set(keys.map((key) => Buffer.from(Redacted.value(key)).toString("hex"))).size,
        1
      )
      assert.deepStrictEqual(readdirSync(dirname(keyFile)).length, 1)
    }))

  it.scoped("the second name of the key that a killed creator leaves is gone before the next vault is made", () =>
    Effect.gen(function*() {
      const { keyFile, open } = yield* prepared
      writeFileSync(keyFile, Buffer.alloc(32, 1), { mode: 0o600 })
      linkSync(keyFile, `${keyFile}.0123456789ab.tmp`)
      // A creator at work, and names that somebody else gave.
      writeFileSync(`${keyFile}.ba9876543210.tmp`, Buffer.alloc(32, 2), { mode: 0o600 })
      linkSync(keyFile, `${keyFile}.kept`)
      linkSync(keyFile, `${keyFile}.tmp`)
      yield* (yield* open()).set("token", Redacted.make("first"))
      assert.deepStrictEqual(
        readdirSync(dirname(keyFile)).filter((name) => !name.endsWith(".generation")).toSorted(),
        ["", ".ba9876543210.tmp", ".kept", ".tmp"].map((ending) => `${basename(keyFile)}${ending}`)
      )
    }))

  const source = Effect.gen(function*() {
    const { keyFile } = yield* prepared
    const key = yield* Effect.provide(KeyFile.makeLoadOrCreate({ file: keyFile }), NodeContext.layer)
    const { generation } = key
    if (generation === undefined) return yield* Effect.dieMessage("keeps no generation")
    return { ...key, generation, keyFile }
  })

  it.scoped("keeps the highest generation beside the key", () =>
    Effect.gen(function*() {
      const { generation, keyFile } = yield* source
      assert.deepStrictEqual(yield* generation.read, Option.none())
      yield* generation.raise(7n)
      yield* generation.raise(3n)
      assert.deepStrictEqual(yield* generation.read, Option.some(7n))
      assert.strictEqual(readFileSync(`${keyFile}.generation`, "latin1"), "7\n")
      assert.strictEqual(statSync(`${keyFile}.generation`).mode & 0o777, 0o600)
    }))

  for (const content of ["", "-1", "1e3", "07", "9".repeat(30), "seven"]) {
    it.scoped(`a generation of "${content}" is Corrupt, and gives way to the next one but is kept`, () =>
      Effect.gen(function*() {
        const { generation, keyFile } = yield* source
        writeFileSync(`${keyFile}.generation`, content)
        assert.strictEqual((yield* Effect.flip(generation.read))._tag, "Corrupt")
        yield* generation.raise(8n)
        assert.deepStrictEqual(yield* generation.read, Option.some(8n))
        assert.strictEqual(readFileSync(`${keyFile}.generation.corrupt`, "utf8"), content)
      }))
  }

  it.scoped("tells whether the key can be read, and where it is", () =>
    Effect.gen(function*() {
      const { keyFile, loadForNewVault, status } = yield* source
      assert.deepStrictEqual(yield* status, { detail: keyFile, usable: false, durable: true })
      yield* loadForNewVault
      assert.isTrue((yield* status).usable)
      chmodSync(keyFile, 0o644)
      assert.isFalse((yield* status).usable)
    }))
})
