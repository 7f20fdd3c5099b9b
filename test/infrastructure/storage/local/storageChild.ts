/**
 * What the real tests of this folder run in processes of their own: `node child.mjs <what> <folder> [count] [id]`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import type { StorageFailure } from "../../../../src/domain/storage/StorageFailure.ts"
import * as SqliteProcessLock from "../../../../src/infrastructure/storage/local/SqliteProcessLock.ts"

const print = (text: string | number) => Effect.sync(() => void fs.writeSync(1, `${text}\n`))

const appendLine = (folder: string, line: string) =>
  Effect.sync(() => fs.appendFileSync(join(folder, "log"), `${line}\n`))

type Program = (folder: string, count: number, id: string) => Effect.Effect<void, StorageFailure>

const programs: Record<string, Program> = {
  hold: (folder) =>
    Effect.scoped(Effect.gen(function*() {
      const lock = yield* SqliteProcessLock.make({ folder })
      yield* print(Option.isSome(yield* lock.tryHold("a")) ? "held" : "refused")
      return yield* Effect.never
    })),

  /** Waits for the lock in line and tells when it has it. */
  wait: (folder) =>
    Effect.scoped(Effect.gen(function*() {
      const lock = yield* SqliteProcessLock.make({ folder })
      yield* print("asking")
      yield* lock.withLock("a", "1 minute")(print("held"))
    })),

  /** Asks `count` times between the files `go` and `stop`, and writes into the log when it asked and when it got. */
  contend: (folder, count, id) =>
    Effect.scoped(Effect.gen(function*() {
      const lock = yield* SqliteProcessLock.make({ folder })
      yield* lock.withLock("a", "1 minute")(print("ready"))
      yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => fs.existsSync(join(folder, "go")) })
      const once = Effect.zipRight(
        appendLine(folder, `ask ${id}`),
        lock.withLock("a", "1 minute")(Effect.zipRight(appendLine(folder, `get ${id}`), Effect.sleep("3 millis")))
      )
      let times = 0
      yield* Effect.repeat(once, { until: () => (times += 1) === count || fs.existsSync(join(folder, "stop")) })
    })),

  /** Reads and writes a number in two steps, which only a lock keeps together. */
  increment: (folder, count) =>
    Effect.scoped(Effect.gen(function*() {
      const lock = yield* SqliteProcessLock.make({ folder })
      const file = join(folder, "number")
      const increment = Effect.gen(function*() {
        const number = yield* Effect.sync(() => Number(fs.readFileSync(file, "utf8")))
        yield* Effect.yieldNow()
        yield* Effect.sync(() => fs.writeFileSync(file, String(number + 1)))
      })
      yield* Effect.repeatN(lock.withLock("number", "1 minute")(increment), count - 1)
    }))
}

const [what = "", folder = "", count = "0", id = ""] = process.argv.slice(2)
const program = programs[what]
if (program !== undefined) NodeRuntime.runMain(program(folder, Number(count), id))
