/**
 * Which call a fiber got its last answer to. The typed client reads answers in the fiber that made the call and tells
 * nothing of the call when it cannot; what such a failure means depends on it.
 */
import { Effect } from "effect"
import type { Fiber } from "effect"
import type { Call } from "../interceptors/Call.ts"

interface Answered {
  readonly call: Call
  readonly status: number
}

const last = new WeakMap<Fiber.RuntimeFiber<unknown, unknown>, Answered>()

export const remember = (fiber: Fiber.RuntimeFiber<unknown, unknown>, call: Call, status: number): void =>
  void last.set(fiber, { call, status })

export const recall: Effect.Effect<Answered | undefined> = Effect.withFiberRuntime((fiber) =>
  Effect.succeed(last.get(fiber))
)
