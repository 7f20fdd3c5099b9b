/**
 * In a process of its own: a context manager is registered for all of it.
 */
import * as Resource from "@effect/opentelemetry/Resource"
import { assert, describe, it } from "@effect/vitest"
import type { Context, ContextManager } from "@opentelemetry/api"
import { context, ROOT_CONTEXT, trace } from "@opentelemetry/api"
import { Effect, Layer } from "effect"
import { AsyncLocalStorage } from "node:async_hooks"
import * as Tracing from "../../../../src/infrastructure/telemetry/pipeline/Tracing.ts"

const storage = new AsyncLocalStorage<Context>()

const manager: ContextManager = {
  active: () => storage.getStore() ?? ROOT_CONTEXT,
  with: (active, run, self, ...args) => storage.run(active, () => run.apply(self, args)),
  bind: (_, target) => target,
  enable: () => manager,
  disable: () => manager
}

const tracing = Tracing.layer({ processors: [], sampler: "always_on", samplerRatio: 1 }).pipe(
  Layer.provide(Resource.layer({ serviceName: "test" }))
)

describe("the context of OpenTelemetry", () => {
  it.effect("has the current span for whoever asks, from the first trace after a manager is registered", () =>
    Effect.gen(function*() {
      const active = Effect.sync(() => trace.getActiveSpan()?.spanContext().spanId)
      const asked = Effect.zip(active, Effect.map(Effect.currentSpan, ({ spanId }) => spanId)).pipe(
        Effect.withSpan("one")
      )
      const [before] = yield* asked
      assert.isUndefined(before)
      yield* Effect.acquireRelease(
        Effect.sync(() => context.setGlobalContextManager(manager)),
        () => Effect.sync(() => context.disable())
      )
      const [active2, current] = yield* asked
      assert.strictEqual(active2, current)
    }).pipe(Effect.provide(tracing), Effect.scoped))
})
