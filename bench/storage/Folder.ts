import { Effect, ManagedRuntime } from "effect"
import type { Context, Layer } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Side } from "../Harness.ts"

/** An empty folder, and what removes it. */
export const make = () => {
  const folder = mkdtempSync(join(tmpdir(), "strata-bench-"))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A side that uses one service in a folder of its own, both gone when it closes. */
export const withService = async <I, S, E>(
  tag: Context.Tag<I, S>,
  layerIn: (folder: string) => Layer.Layer<I, E>,
  sampleOf: (service: S, run: <A, E2>(effect: Effect.Effect<A, E2>) => Promise<A>) => Promise<Side["sample"]>
): Promise<Side> => {
  const { folder, remove } = make()
  const runtime = ManagedRuntime.make(layerIn(folder))
  const service = await runtime.runPromise(tag)
  return {
    sample: await sampleOf(service, runtime.runPromise),
    close: () => runtime.dispose().then(remove)
  }
}

/** `effect` so many times, with as little around it as there can be. */
export const times = <E, R>(count: number, effect: (index: number) => Effect.Effect<unknown, E, R>) =>
  Effect.suspend(() => {
    let index = 0
    return Effect.whileLoop({ while: () => index < count, body: () => effect(index++), step: () => undefined })
  })
