import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Option, Scope, TestClock } from "effect"
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

  it.scoped("a lock whose file was removed is taken in the new file that others use", () =>
    Effect.gen(function*() {
      const folder = join(yield* temporaryFolder, "locks")
      const first = yield* SqliteProcessLock.make({ folder })
      yield* first.withLock("a", "1 second")(Effect.void)
      fs.rmSync(folder, { recursive: true })
      const second = yield* SqliteProcessLock.make({ folder })
      assert.isTrue(Option.isSome(yield* second.tryHold("a")))
      assert.isTrue(Option.isNone(yield* first.tryHold("a")))
    }))

  it.scoped("many names can be held at once, more than files stay open", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const lock = yield* SqliteProcessLock.make({ folder })
      const names = Array.from({ length: 20 }, (_, index) => `name ${index}`)
      const holding = names.reduce(
        (inner, name) => lock.withLock(name, "1 second")(inner),
        Effect.forEach(names, (name) => Effect.scoped(lock.tryHold(name)))
      )
      assert.isTrue((yield* holding).every(Option.isNone))
      assert.isTrue((yield* Effect.forEach(names, (name) => Effect.scoped(lock.tryHold(name)))).every(Option.isSome))
    }))

  it.scoped("a ticket that nobody has shown life for is passed by and removed, one that lives is waited for", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const queue = join(folder, "a.queue")
      const ticket = join(queue, "000000000001-of-another-process")
      fs.mkdirSync(queue)
      fs.writeFileSync(ticket, "")
      fs.utimesSync(ticket, 0, 0)
      const lock = yield* SqliteProcessLock.make({ folder })
      const waiting = yield* Effect.fork(lock.withLock("a", "5 seconds")(Effect.succeed(42)))
      yield* TestClock.adjust("900 millis")
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      yield* TestClock.adjust("200 millis")
      assert.strictEqual(yield* Fiber.join(waiting), 42)
      assert.deepStrictEqual(fs.readdirSync(queue), [])
    }))

  it.scoped("a place in line is given up by who is interrupted and by who gives up", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const owner = yield* SqliteProcessLock.make({ folder })
      const other = yield* SqliteProcessLock.make({ folder })
      yield* owner.withLock("a", "1 second")(Effect.gen(function*() {
        const interrupted = yield* Effect.fork(other.withLock("a", "1 minute")(Effect.void))
        yield* TestClock.adjust("1 second")
        assert.strictEqual(fs.readdirSync(join(folder, "a.queue")).length, 1)
        yield* Fiber.interrupt(interrupted)
        assert.deepStrictEqual(fs.readdirSync(join(folder, "a.queue")), [])
        const late = yield* Effect.fork(Effect.flip(other.withLock("a", "1 second")(Effect.void)))
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual((yield* Fiber.join(late))._tag, "Busy")
        assert.deepStrictEqual(fs.readdirSync(join(folder, "a.queue")), [])
      }))
    }))

  it.scoped("who waits for a file that is replaced does not hold beside who took the new one", () =>
    Effect.gen(function*() {
      const folder = join(yield* temporaryFolder, "locks")
      const owner = yield* SqliteProcessLock.make({ folder })
      const other = yield* SqliteProcessLock.make({ folder })
      const newcomer = yield* SqliteProcessLock.make({ folder })
      const [owning, taken] = [yield* Scope.make(), yield* Scope.make()]
      yield* Scope.extend(owner.tryHold("a"), owning)
      const waiting = yield* Effect.fork(other.withLock("a", "1 minute")(Effect.succeed(42)))
      yield* TestClock.adjust("1 second")
      fs.rmSync(folder, { recursive: true })
      assert.isTrue(Option.isSome(yield* Scope.extend(newcomer.tryHold("a"), taken)))
      yield* Scope.close(owning, Exit.void)
      yield* TestClock.adjust("1 second")
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      yield* Scope.close(taken, Exit.void)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(waiting), 42)
    }))

  it.scoped("a line that cannot be kept costs its order and not the lock, from the beginning or from then on", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const queue = join(folder, "a.queue")
      const owner = yield* SqliteProcessLock.make({ folder })
      const other = yield* SqliteProcessLock.make({ folder })
      for (const spoiled of ["before", "meanwhile"]) {
        fs.rmSync(queue, { recursive: true, force: true })
        if (spoiled === "before") fs.writeFileSync(queue, "in the way")
        const owning = yield* Scope.make()
        assert.isTrue(Option.isSome(yield* Scope.extend(owner.tryHold("a"), owning)))
        const waiting = yield* Effect.fork(other.withLock("a", "1 minute")(Effect.succeed(42)))
        yield* TestClock.adjust("1 second")
        fs.rmSync(queue, { recursive: true })
        fs.writeFileSync(queue, "in the way")
        yield* TestClock.adjust("1 second")
        assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
        yield* Scope.close(owning, Exit.void)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(waiting), 42)
      }
    }))

  it.scoped("a long wait looks rarely, and often enough to be seen alive", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const owner = yield* SqliteProcessLock.make({ folder })
      const other = yield* SqliteProcessLock.make({ folder })
      yield* owner.tryHold("a")
      yield* Effect.fork(other.withLock("a", "1 minute")(Effect.void))
      yield* TestClock.adjust("10 seconds")
      const queue = join(folder, "a.queue")
      const [ticket = ""] = fs.readdirSync(queue)
      const looks = new Set<number>()
      for (let step = 0; step < 100; step += 1) {
        yield* TestClock.adjust("10 millis")
        looks.add(fs.statSync(join(queue, ticket)).mtimeMs)
      }
      assert.isAtMost(looks.size, 12)
      assert.isAtLeast(looks.size, 5)
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
