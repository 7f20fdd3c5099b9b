import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as ProcessIdentity from "../../../../src/infrastructure/storage/local/ProcessIdentity.ts"

const shell = (script: string) =>
  Effect.acquireRelease(
    Effect.sync(() => spawn("sh", ["-c", script], { stdio: ["pipe", "pipe", "inherit"] })),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

const firstLine = (child: ChildProcess) =>
  Effect.promise(async () => String((await once(child.stdout ?? child, "data"))[0]).trim())

/** The identity that process `pid` would give itself. */
const identityOf = (own: string, pid: string) => {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8")
  const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]
  const [, , ...place] = own.split("|")
  return [pid, started, ...place].join("|")
}

describe.skipIf(process.platform !== "linux")("ProcessIdentity of other processes", () => {
  it.scopedLive("another process is alive, stopped too, until it is killed", () =>
    Effect.gen(function*() {
      const { isDead, own } = yield* ProcessIdentity.make
      const child = yield* shell("echo up; exec sleep 60")
      yield* firstLine(child)
      const identity = identityOf(own, String(child.pid))
      assert.isFalse(isDead(identity))
      child.kill("SIGSTOP")
      assert.isFalse(isDead(identity))
      child.kill("SIGKILL")
      yield* Effect.promise(() => once(child, "exit"))
      assert.isTrue(isDead(identity))
    }))

  it.scopedLive("one that ended and that nobody waited for is dead", () =>
    Effect.gen(function*() {
      const { isDead, own } = yield* ProcessIdentity.make
      // A command in the background has no standard input, unless it is given one.
      const child = yield* shell("exec 3<&0; cat <&3 >/dev/null & echo $!; exec 3<&- sleep 60")
      const zombie = yield* firstLine(child)
      const identity = identityOf(own, zombie)
      assert.isFalse(isDead(identity))
      child.stdin?.end()
      yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => isDead(identity) })
      assert.isTrue(fs.existsSync(`/proc/${zombie}`))
    }))
})
