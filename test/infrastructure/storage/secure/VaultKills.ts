/**
 * Processes that change a vault at once, or are killed while they do, and what is there afterwards.
 */
import { assert } from "@effect/vitest"
import { Effect, Either, Option, Redacted } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import * as OpenVault from "../../../../src/infrastructure/storage/secure/OpenVault.ts"
import * as Vault from "../../../../src/infrastructure/storage/secure/Vault.ts"
import * as VaultRotation from "../../../../src/infrastructure/storage/secure/VaultRotation.ts"
import type { ChildProgram } from "../../../support/childProgram.ts"
import { layer, slotKey } from "./vaultChild.ts"

const names = Array.from({ length: 20 }, (_, index) => `name ${index}`)

const prepare = (folder: string) =>
  Effect.flatMap(
    SecureStore,
    (store) =>
      store.transaction((transaction) =>
        Effect.forEach(names, (name) => transaction.set(name, Redacted.make(`value of ${name}`)))
      )
  ).pipe(Effect.provide(layer(folder)))

export const count = (folder: string) =>
  Effect.gen(function*() {
    const found = yield* (yield* SecureStore).get("count")
    return Number(Option.match(found, { onNone: () => "0", onSome: Redacted.value }))
  }).pipe(Effect.provide(layer(folder)))

/** Four processes that change one entry `each` times, at once. */
export const losesNone = (child: ChildProgram, folder: string, each: number) =>
  Effect.gen(function*() {
    const ends = Array.from({ length: 4 }, () => child.start(folder, "increment", String(each)).ended)
    assert.deepStrictEqual(yield* Effect.promise(() => Promise.all(ends)), [0, 0, 0, 0])
    assert.strictEqual(yield* count(folder), 4 * each)
    assert.deepStrictEqual(readdirSync(join(folder, "config")).toSorted(), ["key", "key.generation"])
    assert.deepStrictEqual(readdirSync(join(folder, "data")).toSorted(), ["vault", "vault.bak"])
  })

/** Kills the process `after` milliseconds after its first acknowledgement and gives the last one. */
const killed = (child: ChildProgram, folder: string, mode: string, after: number) =>
  Effect.promise(async () => {
    const working = child.start(folder, mode)
    await working.printed()
    await setTimeout(after)
    working.process.kill("SIGKILL")
    await working.ended
    return Number(working.lines().at(-1))
  })

/** Everything is there, whatever state a change was in; nothing a killed process left is. */
const verified = (folder: string) =>
  Effect.gen(function*() {
    const store = yield* SecureStore
    for (const name of names) {
      const found = yield* store.get(name)
      assert.deepStrictEqual(Option.map(found, Redacted.value), Option.some(`value of ${name}`))
    }
    const leftovers = readdirSync(join(folder, "data")).filter((name) => name !== "vault" && name !== "vault.bak")
    assert.deepStrictEqual(leftovers, [])
  }).pipe(Effect.provide(layer(folder)))

/** A slot that the file does not have any more, its previous generation does not have either. */
const backupForgets = (folder: string) =>
  Effect.sync(() => {
    const opens = (name: string) =>
      Either.isRight(
        Either.flatMap(
          Vault.decode(readFileSync(join(folder, "data", name))),
          (read) => Vault.open(read, { slot: "command", key: slotKey })
        )
      )
    assert.isTrue(opens("vault") || !opens("vault.bak"))
  })

/** A rotation that was killed is ended by whoever comes next. */
const rotationEnds = (folder: string) =>
  Effect.gen(function*() {
    const open = yield* OpenVault.OpenVault
    const ended = yield* open.update((found) =>
      Effect.map(
        VaultRotation.reencrypt(Option.getOrThrow(found), 1000),
        (vault) => [vault, Option.some(vault)] as const
      )
    )
    assert.isFalse(VaultRotation.isUnfinished(ended))
  }).pipe(Effect.provide(layer(folder)))

/** Spread over the time that a step takes, and different from run to run by the machine's own noise. */
const momentOf = (round: number) => (round * 37) % 83

export const survives = (child: ChildProgram, folder: string, mode: "count" | "rotate" | "slots", rounds: number) =>
  Effect.gen(function*() {
    yield* prepare(folder)
    for (let round = 0; round < rounds; round++) {
      const before = yield* count(folder)
      const acknowledged = yield* killed(child, folder, mode, momentOf(round))
      if (mode === "slots") yield* backupForgets(folder)
      yield* verified(folder)
      if (mode === "rotate") yield* rotationEnds(folder)
      if (mode !== "count") continue
      const after = yield* count(folder)
      assert.isAbove(acknowledged, before)
      assert.include([acknowledged, acknowledged + 1], after, `round ${round}`)
    }
    const head = readFileSync(join(folder, "data", "vault"))
    assert.isTrue(Either.isRight(yield* Effect.either(verified(folder))) && head[4] === 2)
  })
