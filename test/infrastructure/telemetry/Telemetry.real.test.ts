import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { join } from "node:path"
import { bundle } from "../../support/childProgram.ts"
import type { ChildProgram } from "../../support/childProgram.ts"
import { graceMillis } from "../../support/serviceManager.ts"
import { temporaryFolder } from "../../support/temporaryFolder.ts"
import * as Collector from "./Collector.ts"

let program: ChildProgram

beforeAll(async () => {
  program = await bundle(join(import.meta.dirname, "telemetryChild.ts"))
})

afterAll(() => program.remove())

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** From the last signal, or from the start when there was none, to the end. */
  readonly millis: number

  /** When it had ended, in milliseconds since the epoch. */
  readonly at: number
}

/** Sends each signal when the program has printed its line, `delayMillis` later. */
const run = (
  arguments_: ReadonlyArray<string>,
  signals: Readonly<Record<string, NodeJS.Signals>> = {},
  delayMillis = 50
) =>
  Effect.async<Ended>((resume) => {
    const child = spawn(process.execPath, ["--expose-gc", program.file, ...arguments_], {
      stdio: ["ignore", "pipe", "pipe"]
    })
    const unsent = new Map(Object.entries(signals))
    let stdout = ""
    let stderr = ""
    let since = performance.now()
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString()
      for (const [line, signal] of unsent) {
        if (!stdout.includes(`${line}\n`)) continue
        unsent.delete(line)
        setTimeout(() => {
          since = performance.now()
          child.kill(signal)
        }, delayMillis)
      }
    })
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    child.on(
      "close",
      (code) => resume(Effect.succeed({ code, stdout, stderr, millis: performance.now() - since, at: Date.now() }))
    )
    return Effect.sync(() => child.kill("SIGKILL"))
  })

const stored = (filename: string): number => {
  const database = new Database(filename, { readonly: true })
  const { n } = database.prepare("SELECT count(*) AS n FROM spans").get() as { readonly n: number }
  database.close()
  return n
}

const warnings = ({ stderr }: Ended) => stderr.split("\n").filter((line) => line.includes("level=WARN"))

describe("a program with telemetry", () => {
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
    it.scopedLive(`loses no span and exits with ${code} on ${signal}`, () =>
      Effect.gen(function*() {
        const collector = yield* Collector.make()
        const filename = join(yield* temporaryFolder, "traces.db")
        const ended = yield* run(["wait", filename, collector.endpoint], { ready: signal })
        assert.deepStrictEqual(
          [ended.code, stored(filename), collector.spanNames().length, ended.stderr],
          [code, 22, 22, ""]
        )
      }))
  }

  it.scopedLive("waits for an export that is under way", () =>
    Effect.gen(function*() {
      // Spans are sent 2 seconds after they ended: the signal comes while the first ones are on their way.
      const collector = yield* Collector.make({ slowMillis: 1_000 })
      const ended = yield* run(["wait", "-", collector.endpoint], { ready: "SIGTERM" }, 2_500)
      assert.deepStrictEqual([ended.code, collector.spanNames().length], [143, 22])
      assert.isBelow(ended.millis, graceMillis)
    }))

  it.scopedLive("ends at once on a second SIGINT, whatever hangs", () =>
    Effect.gen(function*() {
      const collector = yield* Collector.make("hang")
      // Nothing but the second signal ends this program: without it the test would not end either.
      const ended = yield* run(["stuck", "-", collector.endpoint], { ready: "SIGINT", closing: "SIGINT" })
      assert.deepStrictEqual([ended.code, ended.stdout], [130, "ready\nclosing\n"])
    }))

  it.scopedLive("keeps its spans when an exception is caught by nobody, and exits with 70", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "traces.db")
      const ended = yield* run(["crash", filename, "-"])
      assert.deepStrictEqual([ended.code, stored(filename)], [70, 22])
    }))

  const spans = 30_000
  for (
    const [what, behaviour] of [
      ["is down", "down"],
      ["hangs", "hang"],
      ["answers 500", "refuse"],
      ["takes 2 seconds", { slowMillis: 2_000 }]
    ] as const
  ) {
    it.scopedLive(`stays small, says it once and closes in time when the collector ${what}`, () =>
      Effect.gen(function*() {
        const collector = yield* Collector.make(behaviour === "down" ? "accept" : behaviour)
        // Port 9 (discard) of loopback refuses connections.
        const endpoint = behaviour === "down" ? "http://127.0.0.1:9" : collector.endpoint
        const ended = yield* run(["flood", "-", endpoint, `${spans}`])
        const counts = JSON.parse(ended.stdout) as Record<string, number>
        const {
          closingAt = 0,
          dropped = 0,
          ended: created = 0,
          exported = 0,
          failed = 0,
          grownMegabytes = 0,
          pending = 0
        } = counts
        assert.strictEqual(created, spans)
        assert.strictEqual(dropped + pending, created - exported - failed)
        // Two thirds of the spans, had they been kept, are 17.
        assert.isBelow(grownMegabytes, 5)
        assert.isBelow(ended.at - closingAt, graceMillis)
        assert.isAtMost(collector.mostConnections(), 4)
        assert.lengthOf(warnings(ended), exported === created ? 0 : 1)
        assert.strictEqual(ended.code, 0)
      }))
  }
})
