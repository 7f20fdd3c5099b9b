import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import * as CurrentValue from "../../../../src/infrastructure/network/api/CurrentValue.ts"
import * as Stages from "../Stages.ts"
import * as Yielding from "../Yielding.ts"

const watched = <A>(stream: Stream.Stream<A>) => {
  const heard: Array<A> = []
  return Effect.forkScoped(Stream.runForEach(stream, (each) => Effect.sync(() => heard.push(each)))).pipe(
    Effect.zipRight(Stages.settle),
    Effect.as(heard)
  )
}

describe("CurrentValue", () => {
  it.scoped("tells every change once, and `values` the current one first", () =>
    Effect.gen(function*() {
      const value = yield* CurrentValue.make<"a" | "b" | "c">("a")
      yield* value.set("b")
      const values = yield* watched(value.values)
      const changes = yield* watched(value.changes)
      for (const next of ["b", "c", "c", "a"] as const) yield* value.set(next)
      yield* Stages.settle
      assert.deepStrictEqual(values, ["b", "c", "a"])
      assert.deepStrictEqual(changes, ["c", "a"])
    }))

  it.scoped("tells who watches whatever it is, wherever those who set it are interrupted or overtaken", () =>
    Effect.gen(function*() {
      const value = yield* CurrentValue.make<"a" | "b">("a")
      const heard = yield* watched(value.changes)
      for (let operations = 1; operations <= 20; operations++) {
        for (const meanwhile of [Fiber.interrupt, () => value.set("a")]) {
          const setting = yield* Effect.fork(Effect.withScheduler(value.set("b"), Yielding.after(operations)))
          yield* Effect.yieldNow()
          yield* meanwhile(setting)
          yield* Stages.settle
          if (heard.length > 0) assert.strictEqual(heard.at(-1), yield* value.get, `operation ${operations}`)
          yield* value.set("a")
          yield* Stages.settle
          assert.deepStrictEqual(heard.splice(0).filter((each, index) => each !== (index % 2 === 0 ? "b" : "a")), [])
        }
      }
    }))

  it.scoped("keeps the last 16 changes for who does not read", () =>
    Effect.gen(function*() {
      const value = yield* CurrentValue.make<string>("start")
      const gate = yield* Effect.makeLatch(false)
      const heard = yield* watched(Stream.tap(value.changes, () => gate.await))
      for (let each = 0; each < 100; each++) yield* value.set(String(each))
      yield* gate.open
      yield* Stages.settle
      yield* Stages.settle
      assert.isAtMost(heard.length, 32)
      assert.deepStrictEqual(heard.slice(-16), Array.from({ length: 16 }, (_, index) => String(84 + index)))
    }))
})
