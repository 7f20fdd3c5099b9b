import { assert, describe, it } from "@effect/vitest"
import { EventEmitter } from "node:events"
import * as Signals from "../../src/cli/Signals.ts"

/** A process that nobody has to end, its log of what happened to it, and a clock turned by hand. */
const make = () => {
  const log: Array<string> = []
  const timers: Array<{ readonly action: () => void; readonly millis: number }> = []
  const emitter = new EventEmitter()
  const output = new EventEmitter()
  emitter.on("SIGTERM", () => log.push("interrupted"))
  const signals = Signals.install(
    {
      on: (event, listener) => emitter.on(event, listener),
      emit: (event) => emitter.emit(event),
      exit: (code) => log.push(`exit ${code}`)
    },
    (error) => log.push(`uncaught ${String(error)}`),
    (action, millis) => timers.push({ action, millis }),
    [output],
    ({ code }) => log.push(`unwritable ${code ?? ""}`)
  )
  return { emitter, log, output, signals, timers }
}

describe("Signals", () => {
  it("remembers which signal came first", () => {
    const { emitter, signals } = make()
    assert.isUndefined(signals.received())
    emitter.emit("SIGTERM")
    emitter.emit("SIGINT")
    assert.strictEqual(signals.received(), "SIGTERM")
  })

  it("ends the program on SIGHUP as on SIGTERM, once", () => {
    const { emitter, log, signals } = make()
    emitter.emit("SIGHUP")
    emitter.emit("SIGHUP")
    assert.deepStrictEqual(log, ["interrupted"])
    assert.strictEqual(signals.received(), "SIGHUP")
  })

  it("exits at once on a second SIGINT", () => {
    const { emitter, log } = make()
    emitter.emit("SIGINT")
    assert.deepStrictEqual(log, [])
    emitter.emit("SIGINT")
    assert.deepStrictEqual(log, ["exit 130"])
  })

  it("ends the program as if it were done when nobody reads its output any more", () => {
    const { log, output, signals } = make()
    output.emit("error", { code: "EPIPE" })
    output.emit("error", { code: "EPIPE" })
    assert.deepStrictEqual([log, signals.unread(), signals.unwritable()], [["interrupted"], true, false])
  })

  it("ends the program as failed when its output cannot be written", () => {
    const { log, output, signals } = make()
    output.emit("error", { code: "ENOSPC" })
    output.emit("error", { code: "EPIPE" })
    assert.deepStrictEqual(log, ["unwritable ENOSPC", "interrupted"])
    assert.deepStrictEqual([signals.unread(), signals.unwritable()], [false, true])
  })

  it("closes the program for at most a second after an exception that nobody caught", () => {
    const { emitter, log, signals, timers } = make()
    emitter.emit("uncaughtException", "first")
    emitter.emit("uncaughtException", "second")
    assert.deepStrictEqual(log, ["uncaught first", "interrupted"])
    assert.isTrue(signals.crashed())
    assert.deepStrictEqual(timers.map(({ millis }) => millis), [1_000])
    for (const { action } of timers) action()
    assert.include(log, "exit 70")
  })
})
