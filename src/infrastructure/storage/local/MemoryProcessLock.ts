/**
 * `ProcessLock` between the users of one layer, for applications that share nothing with other processes.
 */
import { Effect, Layer, Option } from "effect"
import * as HeldResource from "./HeldResource.ts"
import * as NamedMutex from "./NamedMutex.ts"
import { ProcessLock } from "./ProcessLock.ts"

export const make = Effect.map(NamedMutex.make, (mutex) => {
  const attempt = (name: string) =>
    Effect.map(mutex.tryTake(name), (taken) => (taken ? Option.some<void>(undefined) : Option.none<void>()))
  return ProcessLock.of({
    withLock: (name, deadline) =>
      HeldResource.during(
        HeldResource.orWithin(attempt(name), mutex.take(name), {
          store: `${name} lock`,
          operation: "acquire",
          deadline
        })
      ),
    tryHold: attempt
  })
})

/** Building it again gives an independent set of locks. */
export const layer: Layer.Layer<ProcessLock> = Layer.effect(ProcessLock, make)
