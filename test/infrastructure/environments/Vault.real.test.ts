import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, openSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { bundle } from "../../support/childProgram.ts"
import type { ChildProgram } from "../../support/childProgram.ts"
import { temporaryFolder } from "../../support/temporaryFolder.ts"

let program: ChildProgram
beforeAll(async () => {
  program = await bundle(join(import.meta.dirname, "handedOverChild.ts"))
})
afterAll(() => program.remove())

const key = `${Buffer.alloc(32, 0xa5).toString("base64")}\n`

/** What the child prints, and how it ends. `hand`: what stands at the descriptor, and those below it. */
const run = (descriptor: number, hand: "nothing" | "pipe" | "file") =>
  Effect.gen(function*() {
    const folder = yield* temporaryFolder
    writeFileSync(join(folder, "key"), key)
    const handed = hand === "file" ? openSync(join(folder, "key"), "r") : undefined
    const child = spawn(process.execPath, [program.file, folder, String(descriptor)], {
      stdio: [
        "ignore",
        "pipe",
        "pipe",
        ...(hand === "nothing" ? [] : [
          ...Array<"ignore">(descriptor - 3).fill("ignore"),
          handed ?? "pipe" as const
        ])
      ]
    })
    const output: Array<string> = []
    child.stdout?.on("data", (chunk) => output.push(String(chunk)))
    child.stderr?.on("data", (chunk) => output.push(String(chunk)))
    if (handed !== undefined) closeSync(handed)
    const pipe = hand === "pipe" ? child.stdio[descriptor] : undefined
    if (pipe !== null && pipe !== undefined && "end" in pipe) pipe.end(key)
    const [code, signal] = yield* Effect.promise(() => once(child, "close"))
    return { lines: output.join("").trim().split("\n"), code, signal }
  })

const ended = { code: 0, signal: null }

describe("the key of the vault on a file descriptor", () => {
  for (const hand of ["pipe", "file"] as const) {
    for (const descriptor of [3, 9, 20]) {
      it.scopedLive(`${descriptor}, a ${hand}, opens every vault of the process`, () =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* run(descriptor, hand), { lines: ["kept", "kept", "works"], ...ended })
        }))
    }
  }

  it.scopedLive("that nobody handed over leaves alone what the process opened itself", () =>
    Effect.gen(function*() {
      for (const descriptor of [3, 5, 9, 16, 17, 18, 20, 22]) {
        const lines = ["Locked", "Locked", "works"]
        assert.deepStrictEqual(yield* run(descriptor, "nothing"), { lines, ...ended }, `${descriptor}`)
      }
    }))
})
