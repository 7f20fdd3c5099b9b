import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "../..")

const files = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => ({ name: `${folder}/${name}`, text: readFileSync(join(root, folder, name), "utf8") }))

const sources = files("src")
/** But for this file, which names what it looks for. */
const firstTier = files("test").filter(({ name }) =>
  /(?<!\.real|\.torture|architecture\/Sources)\.test\.ts$/.test(name)
)

const naming = (all: typeof sources, pattern: RegExp) =>
  all.filter(({ text }) => pattern.test(text)).map(({ name }) => name)

describe("source files", () => {
  it("read the environment in config/env only", () => {
    const outside = sources.filter(({ name }) => !name.startsWith("src/infrastructure/config/env/"))
    assert.isAbove(outside.length, 0)
    assert.deepStrictEqual(naming(outside, /\bprocess\.env\b|\bprocess\["env"\]|\benv\b[^\n]*from "node:process"/), [])
  })

  it("are named for what they hold", () => {
    const vague = /(^|\/)(utils?|helpers?|common|misc|types|index)(\.ts|\/)/i
    assert.deepStrictEqual(sources.filter(({ name }) => vague.test(name)).map(({ name }) => name), [])
  })
})

describe("tests of the first tier", () => {
  it("never wait in real time", () => {
    const timers = /\bset(Timeout|Interval)(\(|\b[^\n]*node:timers\/promises)|Atomics\.wait\(/
    const live = /it\.(live|scopedLive)\b[\s\S]*(Effect\.(sleep|delay)|Schedule\.spaced)\(/
    assert.isAbove(firstTier.length, 0)
    assert.deepStrictEqual([timers, live].flatMap((pattern) => naming(firstTier, pattern)), [])
  })

  it("are never skipped", () => {
    assert.deepStrictEqual(naming(firstTier, /\b(it|describe|test)(\.\w+)*\.(skip|todo|only)\b/), [])
  })
})
