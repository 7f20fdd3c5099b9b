/**
 * Puts a secret where secrets are known to appear, at random, and looks for it in every sink.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck, Layer, Redacted } from "effect"
import { Option } from "effect"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Telemetry from "../../../src/infrastructure/telemetry/Telemetry.ts"
import * as Collector from "./Collector.ts"
import * as Lines from "./Lines.ts"
import { options, to } from "./Options.ts"

const canary = "cAnArY9Z8y7X6w5V4u3T"
const runs = 200

const word = FastCheck.constantFrom("note", "alpha", "x", "GET /v2/notes", "ünïcode ✓", "")

const secretKey = FastCheck.constantFrom(
  "password",
  "authorization",
  "http.request.header.cookie",
  "accessToken",
  "refresh_token",
  "x-api-key",
  "client.secret",
  "credentials"
)

/** Texts that hold the secret in a recognisable place, between harmless words. */
const secretText = FastCheck.tuple(
  word,
  FastCheck.constantFrom(
    `https://bob:${canary}@example.com/x`,
    `https://example.com/x?access_token=${canary}&page=2`,
    `/callback?code=${canary}`,
    `Bearer ${canary}`,
    `eyJhbGciOiJIUzI1NiJ9.${canary}.${canary}`,
    `-----BEGIN PRIVATE KEY-----\n${canary}\n-----END PRIVATE KEY-----`,
    `ghp_${canary}`,
    `sk-${canary}`,
    `password=${canary}`,
    `{"token":"${canary}"}`,
    `Expected a number, actual "${canary}"`
  ),
  word
).map((parts) => parts.join(" "))

const secretValue: FastCheck.Arbitrary<unknown> = FastCheck.letrec<{ value: unknown }>((tie) => ({
  value: FastCheck.oneof(
    { depthSize: "small", withCrossShrink: true },
    secretText,
    FastCheck.constant(Redacted.make(canary)),
    secretText.map((text) => new Error(text)),
    secretKey.map((key) => ({ [key]: canary })),
    FastCheck.tuple(secretKey, word).map(([key, inner]) => ({ [key]: { [inner]: [canary] } })),
    FastCheck.tuple(word, tie("value")).map(([key, value]) => ({ [key]: value })),
    FastCheck.array(tie("value"), { maxLength: 2 })
  )
})).value

type Action = (value: unknown) => Effect.Effect<void>

const failing = (value: unknown) =>
  value instanceof Error ? value : new Error(typeof value === "string" ? value : "bad")

/** Every way in. */
const actions: Readonly<Record<string, Action>> = {
  attribute: (value) => Effect.withSpan(Effect.void, "work", { attributes: { "strata.value": value } }),
  annotation: (value) => Effect.withSpan(Effect.annotateCurrentSpan("strata.value", value), "work"),
  event: (value) =>
    Effect.withSpan(
      Effect.flatMap(Effect.currentSpan, (span) => Effect.sync(() => span.event("done", 0n, { value }))).pipe(
        Effect.ignore
      ),
      "work"
    ),
  name: (value) => Effect.withSpan(Effect.void, typeof value === "string" ? value : "work"),
  failure: (value) => Effect.withSpan(Effect.fail(failing(value)), "work").pipe(Effect.ignore),
  defect: (value) => Effect.withSpan(Effect.die(failing(value)), "work").pipe(Effect.exit, Effect.asVoid),
  message: (value) => Effect.withSpan(Effect.logInfo("entry", value), "work"),
  logAnnotation: (value) => Effect.withSpan(Effect.annotateLogs(Effect.logInfo("entry"), "value", value), "work"),
  logKey: () => Effect.annotateLogs(Effect.logInfo("entry"), "password", canary),
  cause: (value) => Effect.fail(failing(value)).pipe(Effect.catchAllCause((cause) => Effect.logError("entry", cause)))
}

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "strata-canary-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

describe("no secret leaves", () => {
  it.scoped(`through the store, the collector or the log, in ${runs} random programs`, () =>
    Effect.gen(function*() {
      const collector = yield* Collector.make()
      const path = yield* folder
      const console = Lines.make()
      const cases = FastCheck.sample(
        FastCheck.tuple(FastCheck.constantFrom(...Object.keys(actions)), secretValue),
        runs
      )
      const telemetry = Telemetry.layer({
        ...options,
        stackTraces: true,
        store: Option.some(join(path, "traces.db")),
        collector: to(collector.endpoint)
      })
      yield* Effect.forEach(cases, ([name, value]) => actions[name]?.(value) ?? Effect.void, { discard: true }).pipe(
        Effect.provide(Layer.provideMerge(telemetry, console.layer))
      )
      const sinks = {
        store: readdirSync(path).map((file) => readFileSync(join(path, file), "latin1")).join(""),
        traces: collector.bodies("/v1/traces").join(""),
        logs: collector.bodies("/v1/logs").join(""),
        stderr: console.lines.join("\n")
      }
      for (const [sink, text] of Object.entries(sinks)) {
        assert.isAbove(text.length, 1_000, sink)
        const at = text.indexOf(canary)
        assert.strictEqual(at < 0 ? "" : text.slice(Math.max(0, at - 200), at + 40), "", sink)
      }
    }))
})
