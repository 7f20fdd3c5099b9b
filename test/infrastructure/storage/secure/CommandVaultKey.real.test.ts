import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import * as CommandVaultKey from "../../../../src/infrastructure/storage/secure/CommandVaultKey.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

const key = Buffer.alloc(32, 0xa5)

/** A program of one line; `folder` is its first argument. */
const running = (code: string, timeout?: string) =>
  Effect.gen(function*() {
    const folder = yield* temporaryFolder
    const program = join(folder, "program.mjs")
    writeFileSync(program, `import * as fs from "node:fs"\nconst folder = process.argv[2]\n${code}\n`)
    const source = CommandVaultKey.make({
      command: [process.execPath, program, folder],
      ...(timeout === undefined ? {} : { timeout: timeout as "1 second" })
    })
    return { folder, source, load: source.load }
  })

const prints = (content: string | Uint8Array) =>
  `process.stdout.write(Buffer.from("${Buffer.from(content).toString("hex")}", "hex"))`

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const written = (file: string) =>
  Effect.promise(async () => {
    // oxlint-disable-next-line no-await-in-loop -- waiting is the point
    while (!existsSync(file) || readFileSync(file, "utf8") === "") await setTimeout(10)
    return Number(readFileSync(file, "utf8"))
  })

const gone = (pid: number) =>
  Effect.promise(async () => {
    // oxlint-disable-next-line no-await-in-loop -- waiting is the point
    for (let left = 500; left > 0 && isAlive(pid); left--) await setTimeout(10)
    return !isAlive(pid)
  })

const savesPid = `fs.writeFileSync(folder + "/pid", String(process.pid))`

describe("CommandVaultKey", () => {
  for (
    const [what, content] of [
      ["raw", key],
      ["in hexadecimal", `${key.toString("hex")}\n`],
      ["in base64", `${key.toString("base64")}\n`]
    ] as const
  ) {
    it.scopedLive(`takes a key that a program prints ${what}`, () =>
      Effect.gen(function*() {
        const { load } = yield* running(prints(content))
        assert.deepStrictEqual(Buffer.from(Redacted.value(yield* load)), key)
      }))
  }

  for (
    const [what, code] of [
      ["fails", `${prints(key.toString("hex"))}; process.exitCode = 3`],
      ["prints nothing", ""],
      ["prints an error message", `console.log("hunter2: not signed in")`],
      ["complains on standard error", `console.error("hunter2"); process.exitCode = 1`],
      ["kills itself", `process.kill(process.pid, "SIGKILL")`]
    ] as const
  ) {
    it.scopedLive(`is Locked by a program that ${what}, and repeats nothing of it`, () =>
      Effect.gen(function*() {
        const { folder, load } = yield* running(code)
        const failure = yield* Effect.flip(load)
        assert.strictEqual(failure._tag, "Locked")
        assert.include(failure.message, "by hand")
        for (const secret of ["hunter2", folder]) assert.notInclude(failure.message, secret)
      }))
  }

  it.scopedLive("takes the key of a program that leaves another one running, which holds nothing up", () =>
    Effect.gen(function*() {
      const { folder, load } = yield* running(`
        const { spawn } = await import("node:child_process")
        const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: ["ignore", 1, "ignore"] })
        fs.writeFileSync(folder + "/pid", String(child.pid))
        child.unref()
        ${prints(`${key.toString("hex")}\n`)}`)
      const loading = yield* Effect.fork(load)
      const pid = yield* written(join(folder, "pid"))
      yield* Effect.addFinalizer(() => Effect.sync(() => process.kill(pid, "SIGKILL")))
      assert.deepStrictEqual(Buffer.from(Redacted.value(yield* Fiber.join(loading))), key)
    }))

  it.scopedLive("ends a program that does not stop printing", () =>
    Effect.gen(function*() {
      const { folder, load } = yield* running(
        `${savesPid}; const more = () => process.stdout.write("x".repeat(65536), more); more()`
      )
      assert.strictEqual((yield* Effect.flip(load))._tag, "Locked")
      assert.isTrue(yield* gone(yield* written(join(folder, "pid"))))
    }))

  it.scopedLive("ends a program that does not answer, and one that ignores being asked to end", () =>
    Effect.gen(function*() {
      const { folder, load } = yield* running(
        `process.on("SIGTERM", () => {}); ${savesPid}; setInterval(() => {}, 1000)`,
        "2 seconds"
      )
      const failure = yield* Effect.flip(load)
      assert.include(failure.message, "did not end in time")
      assert.isTrue(yield* gone(yield* written(join(folder, "pid"))))
    }))

  it.scopedLive("ends the program when it is interrupted", () =>
    Effect.gen(function*() {
      const { folder, load } = yield* running(`${savesPid}; setInterval(() => {}, 1000)`)
      const loading = yield* Effect.fork(load)
      const pid = yield* written(join(folder, "pid"))
      yield* Fiber.interrupt(loading)
      assert.isTrue(yield* gone(pid))
    }))

  it.scopedLive("no shell reads the command, and no setting of ours is in its environment", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const program = join(folder, "program.cjs")
      writeFileSync(
        program,
        `require("fs").writeFileSync(process.argv[2], JSON.stringify(process.env)); ${prints(key)}`
      )
      const weird = join(folder, "$(touch x); 'a b' > c")
      // What a test process of the whole project may be started with.
      process.env["STRATA_TEST_PLANTED"] = "hunter2"
      yield* CommandVaultKey.make({ command: [process.execPath, program, weird] }).load
      delete process.env["STRATA_TEST_PLANTED"]
      const environment = readFileSync(weird, "utf8")
      assert.include(environment, "PATH")
      assert.notInclude(environment, "STRATA_")
      assert.deepStrictEqual(readdirSync(folder).toSorted(), ["$(touch x); 'a b' > c", "program.cjs"])
    }))

  it.scopedLive("a program that is not there is Locked; its arguments are not told", () =>
    Effect.gen(function*() {
      const source = CommandVaultKey.make({ command: ["/nonexistent/pass-cli", "hunter2"] })
      const failure = yield* Effect.flip(source.load)
      assert.include(failure.message, "pass-cli")
      assert.notInclude(failure.message, "hunter2")
      assert.deepStrictEqual(yield* source.status, { detail: "pass-cli", usable: true, durable: true })
    }))
})
