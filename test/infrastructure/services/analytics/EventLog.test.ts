import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope, TestClock } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { event, files, granted, killed, numbers, onMachine, track, upTo } from "../../../support/AnalyticsMachine.ts"

describe("the files", () => {
  it.scoped("hand what a killed process left to the next one", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        yield* killed(machine, 5)
        const analytics = yield* machine.process()
        assert.strictEqual((yield* analytics.stats).queued, 5)
        yield* analytics.flush("1 minute")
        assert.deepStrictEqual(numbers(machine.receiver), upTo(5))
      })
    ))

  it.scoped("are taken over from a dead process by a living one, and never from another living one", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        const here = yield* granted(machine)
        yield* track(here, 1)
        const other = yield* Scope.make()
        const there = yield* Scope.extend(machine.process({ closeBudget: 0 }), other)
        yield* track(there, 2)
        assert.strictEqual((yield* here.flush("1 minute")).sent, 1)
        yield* Scope.close(other, Exit.void)
        assert.strictEqual((yield* here.flush("1 minute")).sent, 2)
      })
    ))

  it.scoped("send at most one batch twice after a crash between answer and acknowledgement", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        yield* killed(machine, 250)
        const analytics = yield* machine.process()
        machine.receiver.answers.push(200, 200, 503)
        assert.strictEqual((yield* analytics.flush("1 minute")).sent, 200)
        assert.isTrue(files(machine).some((name) => name.endsWith(".ack")))
        const next = yield* machine.process()
        assert.strictEqual((yield* analytics.flush("1 minute")).sent, 50)
        assert.strictEqual((yield* next.flush("1 minute")).sent, 0)
        assert.deepStrictEqual(numbers(machine.receiver), upTo(250))
      })
    ))

  it.scoped("skip and count a torn last line and a damaged one", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        yield* killed(machine, 3)
        const [segment] = files(machine)
        const file = join(machine.folder, String(segment))
        const lines = fs.readFileSync(file, "utf8").split("\n")
        fs.writeFileSync(file, [lines[0], "{damaged", lines[2], String(lines[1]).slice(0, 20)].join("\n"))
        const analytics = yield* machine.process()
        yield* analytics.flush("1 minute")
        assert.deepStrictEqual(numbers(machine.receiver), [0, 2])
        assert.strictEqual((yield* analytics.stats).dropped.Storage, 2)
        assert.deepStrictEqual(files(machine), [])
      })
    ))

  it.scoped("go after seven days", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        yield* killed(machine, 3)
        yield* TestClock.adjust("8 days")
        const analytics = yield* machine.process()
        const { dropped, sent } = yield* analytics.flush("1 minute")
        assert.deepStrictEqual({ sent, dropped }, { sent: 0, dropped: 3 })
      })
    ))

  it.scoped("cost nothing but a count when they cannot be written", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        const analytics = yield* granted(machine)
        fs.rmSync(machine.folder, { recursive: true })
        fs.writeFileSync(machine.folder, "in the way")
        yield* analytics.track(event())
        assert.strictEqual((yield* analytics.stats).dropped.Storage, 1)
        assert.strictEqual((yield* Effect.flip(analytics.setConsent("denied")))._tag, "Io")
      })
    ))

  it.scoped("are written again once they can be, and a bad moment costs no slot and counts nothing twice", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        yield* killed(machine, 3)
        const analytics = yield* granted(machine)
        const aside = `${machine.folder}-aside`
        fs.renameSync(machine.folder, aside)
        fs.writeFileSync(machine.folder, "in the way")
        yield* analytics.track(event())
        fs.rmSync(machine.folder)
        fs.renameSync(aside, machine.folder)
        yield* analytics.track(event())
        const { dropped, queued } = yield* analytics.stats
        assert.deepStrictEqual({ queued, dropped: dropped.Storage }, { queued: 4, dropped: 1 })
        assert.isTrue(files(machine).every((name) => name.includes("00")), files(machine).join())
      })
    ))

  it.scoped("hold nothing that looks like a secret or a person", () =>
    onMachine((machine) =>
      Effect.gen(function*() {
        const analytics = yield* granted(machine)
        yield* analytics.track(event({
          message: "mail canary@example.com at /home/canary/notes.md or C:\\Users\\canary\\x",
          header: "Bearer canary-token",
          jwt: "eyJjYW5hcnk.canary.canary",
          url: "https://canary:canary@example.com/?token=canary",
          password: "canary"
        }))
        const [segment] = files(machine)
        const stored = fs.readFileSync(join(machine.folder, String(segment)), "utf8")
        assert.notInclude(stored, "canary")
        assert.include(stored, "message")
        assert.strictEqual(fs.statSync(join(machine.folder, String(segment))).mode & 0o077, 0)
      })
    ))
})
