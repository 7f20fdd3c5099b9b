import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Option, Scope } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import * as SqliteProcessLock from "../../../../src/infrastructure/storage/local/SqliteProcessLock.ts"
import * as ProcessLockContract from "../../../../src/testing/contract/ProcessLockContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

suite(
  ProcessLockContract.contract,
  "sqlite",
  Layer.unwrapScoped(Effect.map(temporaryFolder, (folder) => SqliteProcessLock.layer({ folder })))
)

describe("SqliteProcessLock", () => {
  it.scoped("two layers on one folder exclude each other, as two processes would", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const first = yield* SqliteProcessLock.make({ folder })
      const second = yield* SqliteProcessLock.make({ folder })
      yield* Effect.scoped(Effect.gen(function*() {
        assert.isTrue(Option.isSome(yield* first.tryHold("a")))
        assert.isTrue(Option.isNone(yield* second.tryHold("a")))
        assert.isTrue(Option.isSome(yield* second.tryHold("b")))
      }))
      assert.isTrue(Option.isSome(yield* second.tryHold("a")))
    }))

  it.scoped("a name that was held elsewhere can be taken once its owner left, in the scope of the refused attempt too", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const owner = yield* SqliteProcessLock.make({ folder })
      const other = yield* SqliteProcessLock.make({ folder })
      const owning = yield* Scope.make()
      yield* Scope.extend(owner.tryHold("a"), owning)
      assert.isTrue(Option.isNone(yield* other.tryHold("a")))
      yield* Scope.close(owning, Exit.void)
      assert.strictEqual(yield* other.withLock("a", "1 second")(Effect.succeed(42)), 42)
      assert.isTrue(Option.isSome(yield* other.tryHold("a")))
    }))

  it.scoped("an attempt that failed does not keep the name", () =>
    Effect.gen(function*() {
      const folder = join(yield* temporaryFolder, "locks")
      const lock = yield* SqliteProcessLock.make({ folder })
      fs.writeFileSync(folder, "in the way")
      assert.strictEqual((yield* Effect.flip(lock.tryHold("a")))._tag, "Io")
      fs.rmSync(folder)
      assert.isTrue(Option.isSome(yield* lock.tryHold("a")))
    }))

  it.scoped("a lock taken inside a write transaction of a database is the lock's own file", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const locks = yield* SqliteProcessLock.make({ folder })
      const others = yield* SqliteProcessLock.make({ folder })
      const database = yield* SqliteLocalDatabase.make({ filename: join(folder, "data.db"), migrations: [] })
      const taken = database.writeTransaction(
        locks.withLock("a", "1 second")(Effect.scoped(others.tryHold("a")))
      )
      assert.isTrue(Option.isNone(yield* taken))
    }))

  it.scoped("different folders do not exclude each other", () =>
    Effect.gen(function*() {
      const first = yield* SqliteProcessLock.make({ folder: yield* temporaryFolder })
      const second = yield* SqliteProcessLock.make({ folder: yield* temporaryFolder })
      assert.isTrue(Option.isSome(yield* first.tryHold("a")))
      assert.isTrue(Option.isSome(yield* second.tryHold("a")))
    }))

  it.scoped("a name of any characters is one file, private to its owner", () =>
    Effect.gen(function*() {
      const folder = join(yield* temporaryFolder, "locks")
      const lock = yield* SqliteProcessLock.make({ folder })
      yield* lock.withLock("../a:b c", "1 second")(Effect.void)
      const [file, ...others] = fs.readdirSync(folder)
      assert.deepStrictEqual(others, [])
      assert.strictEqual(fs.statSync(folder).mode & 0o777, 0o700)
      assert.strictEqual(fs.statSync(join(folder, file ?? "")).mode & 0o777, 0o600)
      assert.strictEqual(fs.statSync(join(folder, file ?? "")).size, 0)
    }))

  it.scoped("a folder that cannot be made is a typed failure", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      fs.writeFileSync(join(folder, "file"), "")
      const lock = yield* SqliteProcessLock.make({ folder: join(folder, "file") })
      const failure = yield* Effect.flip(lock.withLock("a", "1 second")(Effect.void))
      assert.strictEqual(failure._tag, "Io")
    }))
})
