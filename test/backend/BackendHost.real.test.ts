import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { request } from "node:http"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { bundle } from "../support/childProgram.ts"
import type { ChildProgram } from "../support/childProgram.ts"
import { graceMillis } from "../support/serviceManager.ts"
import { temporaryFolder } from "../support/temporaryFolder.ts"

let program: ChildProgram

beforeAll(async () => {
  program = await bundle(join(import.meta.dirname, "hostChild.ts"))
})

afterAll(() => program.remove())

interface Client {
  readonly child: ChildProcess
  readonly url: string
}

const start = (folder: string) =>
  Effect.acquireRelease(
    Effect.promise(async (): Promise<Client> => {
      const child = spawn(process.execPath, [program.file, folder], { stdio: ["ignore", "pipe", "inherit"] })
      const [url] = await once(child.stdout, "data")
      return { child, url: String(url).trim() }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

const account = `{"username":"ada","password":"engine"}`

/** The status of a sign-in, as soon as anything answers. */
const signIn = (url: string) =>
  Effect.async<number, "nothing answers">((resume) => {
    const call = request(`${url}/v2/sessions`, { method: "POST", headers: { "content-type": "application/json" } })
    call.on("response", (response) => resume(Effect.succeed(response.resume().statusCode ?? 0)))
    call.on("error", () => resume(Effect.fail("nothing answers")))
    call.end(account)
  }).pipe(Effect.retry(Schedule.spaced("50 millis").pipe(Schedule.upTo("20 seconds"))))

describe("one backend per data folder, over processes", () => {
  it.scopedLive("survives the death of the process that runs it, ten times, at one address", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      let owner = yield* start(folder)
      const { url } = owner
      for (let death = 0; death < 10; death++) {
        const next = yield* start(folder)
        assert.strictEqual(next.url, url)
        owner.child.kill("SIGKILL")
        assert.strictEqual(yield* signIn(url), 201)
        owner = next
      }
    }))

  it.scopedLive("of eight processes that start at once, all find the same backend", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const clients = yield* Effect.all(Array.from({ length: 8 }, () => start(folder)), { concurrency: 8 })
      assert.lengthOf([...new Set(clients.map(({ url }) => url))], 1)
      assert.strictEqual(yield* signIn(clients[0]?.url ?? ""), 201)
    }))

  it.scopedLive("ends in time after SIGTERM", () =>
    Effect.gen(function*() {
      const { child, url } = yield* start(yield* temporaryFolder)
      yield* signIn(url)
      const ended = once(child, "exit")
      child.kill("SIGTERM")
      const late = yield* Effect.promise(() =>
        Promise.race([ended.then(() => false), wait(graceMillis).then(() => true)])
      )
      assert.isFalse(late)
    }))
})
