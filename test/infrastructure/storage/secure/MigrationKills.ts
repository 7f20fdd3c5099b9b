/**
 * Killing a process while it moves secrets, and going on afterwards.
 */
import { assert } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import type { ChildProgram } from "../../../support/childProgram.ts"
import * as migrationChild from "./migrationChild.ts"

const names = Array.from({ length: 20 }, (_, index) => `name ${index}`)

type Opened = Effect.Effect.Success<ReturnType<typeof migrationChild.open>>

/** As a process that starts now has it. */
const afresh = <A, E>(folder: string, use: (opened: Opened) => Effect.Effect<A, E>) =>
  Effect.scoped(Effect.flatMap(migrationChild.open(folder), use))

const prepare = (folder: string) =>
  afresh(
    folder,
    ({ store }) =>
      store.transaction((transaction) =>
        Effect.forEach(names, (name) => transaction.set(name, Redacted.make(`value of ${name}`)), { discard: true })
      )
  )

/** Kills the process some time after its first acknowledgement and gives the last one. */
const killed = (child: ChildProgram, folder: string, after: number) =>
  Effect.promise(async () => {
    const moving = child.start(folder)
    await moving.printed()
    await setTimeout(after)
    moving.process.kill("SIGKILL")
    await moving.ended
    assert.match(moving.lines().at(-1) ?? "", /^\d+$/)
    return Number(moving.lines().at(-1))
  })

const countIn = (opened: Opened) =>
  Effect.map(
    opened.store.get("count"),
    (found) => Number(Option.match(found, { onNone: () => "0", onSome: Redacted.value }))
  )

/** Every secret is where the record says; the count is the acknowledged one, or the one that was being written. */
const verified = (opened: Opened, acknowledged: number) =>
  Effect.gen(function*() {
    for (const name of names) {
      const found = yield* opened.store.get(name)
      assert.deepStrictEqual(Option.map(found, Redacted.value), Option.some(`value of ${name}`))
    }
    assert.strictEqual((yield* opened.store.list).length, names.length + 1)
    const count = yield* countIn(opened)
    assert.include([acknowledged, acknowledged + 1], count)
    return count
  })

/** The next call ends what the killed one began, and leaves the secrets in one place only. */
const goesOn = (folder: string, acknowledged: number) =>
  afresh(folder, (opened) =>
    Effect.gen(function*() {
      const count = yield* verified(opened, acknowledged)
      yield* migrationChild.move(opened)
      assert.strictEqual(yield* verified(opened, count), count)
      const { copying, current } = yield* opened.migration.state
      assert.isTrue(Option.isNone(copying))
      yield* opened.migration.finalize(migrationChild.otherThan(current))
      const left = opened.places.find(({ name }) => name !== current)
      assert.deepStrictEqual(left === undefined ? undefined : yield* left.store.list, [])
      assert.deepStrictEqual((yield* opened.migration.state).retired, [])
    }))

const files = new Set(["first", "first.bak", "places.json", "second", "second.bak"])

export const survives = (child: ChildProgram, folder: string, rounds: number) =>
  Effect.gen(function*() {
    yield* prepare(folder)
    for (let round = 0; round < rounds; round++) {
      // Spread over the time that a move takes, and different from run to run by the machine's own noise.
      const acknowledged = yield* killed(child, folder, (round * 37) % 211)
      yield* goesOn(folder, acknowledged)
    }
    assert.deepStrictEqual(readdirSync(join(folder, "data")).filter((name) => !files.has(name)), [])
  })
