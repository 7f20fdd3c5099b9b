import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, ExecutionStrategy, Exit, Layer, Schedule, Scope } from "effect"
import { readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Backend from "../../src/backend/Backend.ts"
import { BackendAddress } from "../../src/backend/BackendAddress.ts"
import * as BackendHost from "../../src/backend/BackendHost.ts"
import { BackendFaults } from "../../src/backend/faults/Fault.ts"
import * as MemoryProcessLock from "../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import { temporaryFolder } from "../support/temporaryFolder.ts"
import { fromJson, options, surroundings, toJson } from "./TestBackend.ts"

interface Host {
  readonly url: string
  readonly faults: typeof BackendFaults.Service
  readonly close: Effect.Effect<void>
}

/** Clients of one data folder that share nothing but its lock and its files, as processes do. */
const folder = Effect.gen(function*() {
  const directory = join(yield* temporaryFolder, "data")
  const shared = yield* Layer.build(Layer.merge(MemoryProcessLock.layer, FetchHttpClient.layer))
  const started: Array<number> = []
  const layer = (faults: boolean) =>
    BackendHost.layer({
      directory,
      start: (port) => {
        started.push(port)
        return Layer.provide(Backend.server({ ...options, port, faults }), Layer.fresh(surroundings))
      }
    })
  const host = (faults = false): Effect.Effect<Host, never, Scope.Scope> =>
    Effect.gen(function*() {
      const scope = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
      const context = yield* Effect.orDie(
        Layer.buildWithScope(Layer.provide(layer(faults), Layer.succeedContext(shared)), scope)
      )
      return {
        url: Context.get(context, BackendAddress).url,
        faults: Context.get(context, BackendFaults),
        close: Scope.close(scope, Exit.void)
      }
    })
  const serves = (url: string) =>
    HttpClient.get(`${url}/v2/profile`).pipe(
      Effect.map(({ status }) => status === 401),
      Effect.orElseSucceed(() => false),
      Effect.provide(shared)
    )
  return { directory, file: join(directory, "backend.json"), host, serves, started }
})

const eventually = (condition: Effect.Effect<boolean>) =>
  condition.pipe(
    Effect.filterOrFail((holds) => holds, () => "not yet" as const),
    Effect.retry(Schedule.spaced("50 millis").pipe(Schedule.upTo("10 seconds"))),
    Effect.orDie
  )

describe("one backend per data folder", () => {
  it.scopedLive("the first runs it and says where, in a file for its owner only; others connect", () =>
    Effect.gen(function*() {
      const { file, host, serves, started } = yield* folder
      const first = yield* host()
      assert.isTrue(yield* serves(first.url))
      const published = fromJson(readFileSync(file, "utf8"))
      assert.deepStrictEqual(published, { url: first.url, faultsUrl: null, pid: process.pid })
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      const second = yield* host()
      assert.strictEqual(second.url, first.url)
      assert.lengthOf(started, 1)
    }))

  it.scopedLive("when its process goes, another one runs it on at the same address", () =>
    Effect.gen(function*() {
      const { host, serves, started } = yield* folder
      const first = yield* host()
      const second = yield* host()
      yield* first.close
      yield* eventually(serves(second.url))
      assert.deepStrictEqual(started, [0, Number(new URL(first.url).port)])
    }))

  it.scopedLive("a later start listens where the last one did", () =>
    Effect.gen(function*() {
      const { file, host, serves } = yield* folder
      const first = yield* host()
      yield* first.close
      assert.include(readFileSync(file, "utf8"), `"pid":null`)
      assert.isFalse(yield* serves(first.url))
      const second = yield* host()
      assert.strictEqual(second.url, first.url)
      assert.isTrue(yield* serves(second.url))
    }))

  it.scopedLive("a port that is taken by now is given up for another one", () =>
    Effect.gen(function*() {
      const one = yield* folder
      const other = yield* folder
      const taken = yield* one.host()
      const last = yield* other.host()
      yield* last.close
      writeFileSync(other.file, toJson({ url: taken.url, faultsUrl: null, pid: null }))
      const next = yield* other.host()
      assert.notStrictEqual(next.url, taken.url)
      assert.isTrue(yield* other.serves(next.url))
    }))

  it.scopedLive("a file that names a dead process, or is damaged, does not mislead", () =>
    Effect.gen(function*() {
      const { file, host, serves } = yield* folder
      const first = yield* host()
      yield* first.close
      for (const content of [toJson({ url: first.url, faultsUrl: null, pid: 2 ** 22 + 1 }), "{ damaged"]) {
        writeFileSync(file, content)
        const next = yield* host()
        assert.isTrue(yield* serves(next.url))
        yield* next.close
      }
    }))

  it.scopedLive("faults can be switched from the process that runs it and, when started for it, from others", () =>
    Effect.gen(function*() {
      const { host, serves } = yield* folder
      const first = yield* host(true)
      const second = yield* host()
      yield* second.faults.apply({ _tag: "Cut" })
      assert.isFalse(yield* serves(first.url))
      yield* second.faults.apply({ _tag: "Restore" })
      assert.isTrue(yield* serves(first.url))
      yield* first.faults.apply({ _tag: "Status", status: 503, times: 1, path: "/" })
      assert.isFalse(yield* serves(first.url))
      assert.isTrue(yield* serves(first.url))
    }))

  it.scopedLive("others cannot switch faults of a backend that was not started for it", () =>
    Effect.gen(function*() {
      const { host, serves } = yield* folder
      const first = yield* host(false)
      const second = yield* host(true)
      const refused = yield* Effect.flip(second.faults.apply({ _tag: "Cut" }))
      assert.strictEqual(refused._tag, "FaultsUnavailable")
      assert.isTrue(yield* serves(first.url))
    }))
})
