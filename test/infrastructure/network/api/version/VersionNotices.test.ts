import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, HashMap, Layer, Logger, LogLevel, Stream, TestClock } from "effect"
import { VersionNotice } from "../../../../../src/infrastructure/network/api/version/VersionNotice.ts"
import * as VersionNotices from "../../../../../src/infrastructure/network/api/version/VersionNotices.ts"

const notice = (more: Partial<ConstructorParameters<typeof VersionNotice>[0]> = {}) =>
  new VersionNotice({
    urgency: "deprecated",
    method: "GET",
    template: "/v1/profile",
    version: "v1",
    deprecation: DateTime.unsafeMake("2026-01-01T00:00:00Z"),
    sunset: undefined,
    links: { "successor-version": "https://api.test/v2/profile" },
    malformed: [],
    ...more
  })

/** What was logged, by level. */
const recording = () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ annotations, logLevel, message }) => {
    if (LogLevel.greaterThanEqual(logLevel, LogLevel.Warning)) {
      lines.push(`${logLevel.label} ${String(message)} ${[...HashMap.values(annotations)].join(" ")}`)
    }
  })
  return { lines, layer: Logger.replace(Logger.defaultLogger, logger) }
}

const test = (
  title: string,
  body: (lines: ReadonlyArray<string>) => Effect.Effect<void, never, VersionNotices.VersionNotices>
) =>
  it.effect(title, () => {
    const { layer, lines } = recording()
    return Effect.provide(body(lines), Layer.merge(VersionNotices.layer, layer))
  })

describe("VersionNotices", () => {
  test("tell each method, path and version once a day", (lines) =>
    Effect.gen(function*() {
      const notices = yield* VersionNotices.VersionNotices
      yield* notices.tell(notice())
      yield* notices.tell(notice({ urgency: "ended" }))
      assert.lengthOf(lines, 1)
      yield* notices.tell(notice({ method: "PUT" }))
      yield* notices.tell(notice({ version: "v2" }))
      yield* notices.tell(notice({ template: "/v1/notes" }))
      assert.lengthOf(lines, 4)
      yield* TestClock.adjust("23 hours")
      yield* notices.tell(notice())
      assert.lengthOf(lines, 4)
      yield* TestClock.adjust("1 hour")
      yield* notices.tell(notice())
      assert.lengthOf(lines, 5)
    }))

  test("warn of what is deprecated, and log an error when the end is near or over", (lines) =>
    Effect.gen(function*() {
      const notices = yield* VersionNotices.VersionNotices
      const sunset = DateTime.unsafeMake("2026-12-31T00:00:00Z")
      for (const urgency of ["malformed", "deprecated", "ending", "ended"] as const) {
        yield* notices.tell(notice({ urgency, sunset }))
        yield* TestClock.adjust("1 day")
      }
      assert.deepStrictEqual(lines.map((line) => line.split(" ", 1)[0]), ["WARN", "WARN", "ERROR", "ERROR"])
      assert.include(lines[1], "2026-12-31")
      assert.include(lines[1], "https://api.test/v2/profile")
    }))

  test("tell whoever listens, and wait for nobody", () =>
    Effect.gen(function*() {
      const notices = yield* VersionNotices.VersionNotices
      const listening = yield* Effect.fork(Stream.runCollect(Stream.take(notices.notices, 64)))
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      for (let each = 0; each < 1000; each++) yield* notices.tell(notice({ version: `v${each}` }))
      assert.strictEqual((yield* Fiber.join(listening)).length, 64)
    }))

  test("do not fall silent when the clock goes back", (lines) =>
    Effect.gen(function*() {
      const notices = yield* VersionNotices.VersionNotices
      yield* TestClock.setTime(Date.UTC(2030, 0, 1))
      yield* notices.tell(notice())
      yield* TestClock.setTime(Date.UTC(2026, 0, 1))
      yield* notices.tell(notice())
      assert.lengthOf(lines, 2)
    }))
})
