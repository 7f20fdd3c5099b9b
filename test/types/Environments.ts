/**
 * What must not compile: an environment that forgets a port, or a part that fails with what no port declares.
 */
// @effect-diagnostics missingEffectError:off missingEffectContext:off missingLayerContext:off -- what must be missing is what is tested
import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Layer } from "effect"
import type { StartFailure } from "../../src/domain/operations/StartFailure.ts"
import type { Ports } from "../../src/domain/Ports.ts"
import { Cache } from "../../src/domain/storage/Cache.ts"
import * as Production from "../../src/infrastructure/environments/Production.ts"
import * as MemoryCache from "../../src/infrastructure/storage/cache/MemoryCache.ts"

export const swapped = Production.compose({ ...Production.parts, cache: MemoryCache.layer })

const { cache: _forgotten, ...withoutCache } = Production.parts

// @ts-expect-error Property 'cache' is missing
export const forgotten = Production.compose(withoutCache)

export const leaking = Production.compose({
  ...Production.parts,
  // @ts-expect-error Type 'SqlError' is not assignable to type 'StartFailure'
  cache: Layer.effect(Cache, Effect.fail<SqlError>(undefined as never))
})

const withoutTraces: Layer.Layer<Exclude<Ports, Cache>, StartFailure> = Production.layer

// @ts-expect-error Type 'Cache' is not provided
export const incomplete: Layer.Layer<Ports, StartFailure> = withoutTraces
