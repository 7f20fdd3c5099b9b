/**
 * `Cache` that is gone with its layer.
 */
import { Effect, Layer } from "effect"
import { Cache } from "../../../domain/storage/Cache.ts"
import * as EntryCache from "./EntryCache.ts"
import type { Bounds } from "./EntryStore.ts"
import * as MemoryEntryStore from "./MemoryEntryStore.ts"

export const make = (bounds?: Bounds) =>
  Effect.flatMap(MemoryEntryStore.make(bounds), (store) => EntryCache.make(store, { coherence: "none" }))

export const layer: Layer.Layer<Cache> = Layer.scoped(Cache, make())
