import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { build } from "esbuild"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { SecureStore } from "../../../../src/domain/storage/SecureStore.ts"
import { layer } from "./vaultChild.ts"

/** Inside `node_modules`, so that the bundle finds the packages that are left outside it. */
const cache = join(import.meta.dirname, "../../../../node_modules/.cache")
let program = ""

beforeAll(async () => {
  mkdirSync(cache, { recursive: true })
  program = join(mkdtempSync(join(cache, "vault-")), "child.mjs")
  await build({
    entryPoints: [join(import.meta.dirname, "vaultChild.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external"
  })
})

afterAll(() => rmSync(join(program, ".."), { recursive: true, force: true }))

const inFolder = <A, E, R>(use: (folder: string) => Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "vault-"))),
    use,
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )

const count = (folder: string) =>
  Effect.gen(function*() {
    const found = yield* (yield* SecureStore).get("count")
    return Number(Option.match(found, { onNone: () => "0", onSome: Redacted.value }))
  }).pipe(Effect.provide(layer(folder)))

const exitOf = (args: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "ignore", "inherit"] })
    const [code] = await once(child, "exit")
    return code
  })

/** Kills the process `after` milliseconds after its first acknowledgement and gives the last one. */
const killedWhileCounting = (folder: string, after: number) =>
  Effect.promise(async () => {
    const child = spawn(process.execPath, [program, folder, "count"], { stdio: ["ignore", "pipe", "inherit"] })
    let printed = ""
    const acknowledged = () => printed.match(/^\d+(?=\n)/gm)?.at(-1)
    child.stdout.on("data", (chunk) => {
      const first = acknowledged() === undefined
      printed += String(chunk)
      // @effect-diagnostics-next-line globalTimers:off -- the time that passes is the other process's
      if (first && acknowledged() !== undefined) setTimeout(() => child.kill("SIGKILL"), after)
    })
    await once(child, "close")
    return Number(acknowledged())
  })

describe("a vault shared by processes", () => {
  it.live("loses none of 4 x 100 changes", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const children = Array.from({ length: 4 }, () => exitOf([folder, "increment", "100"]))
        const codes = yield* Effect.all(children, { concurrency: "unbounded" })
        assert.deepStrictEqual(codes, [0, 0, 0, 0])
        assert.strictEqual(yield* count(folder), 400)
        assert.strictEqual(readdirSync(join(folder, "config")).length, 1)
      })
    ))

  it.live("is whole after ten kills in the middle of writing, and every acknowledged change is there", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        for (let round = 0; round < 10; round++) {
          const before = yield* count(folder)
          const acknowledged = yield* killedWhileCounting(folder, 5 + 37 * round)
          const after = yield* count(folder)
          assert.isAbove(acknowledged, before)
          assert.include([acknowledged, acknowledged + 1], after, `round ${round}`)
        }
        yield* Effect.provide(
          Effect.flatMap(SecureStore, (store) => store.set("last", Redacted.make("x"))),
          layer(folder)
        )
        assert.deepStrictEqual(readdirSync(join(folder, "data")), ["vault"])
      })
    ))
})
