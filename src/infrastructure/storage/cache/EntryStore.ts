/**
 * Where a cache keeps its entries. Bounded: an entry that would exceed the bounds pushes others out, those that have
 * expired first, then the oldest.
 */
import type { Effect, Option } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"

export interface Entry {
  readonly key: string
  readonly value: string
  /** Epoch milliseconds. */
  readonly storedAt: number
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

export interface EntryStore {
  /** Expired entries too. */
  readonly get: (key: string) => Effect.Effect<Option.Option<Entry>, StorageFailure>
  /** Replaces what the key had. Gives how many other entries had to go; an entry larger than the bounds is not kept. */
  readonly put: (entry: Entry) => Effect.Effect<number, StorageFailure>
  readonly remove: (key: string) => Effect.Effect<void, StorageFailure>
  readonly clear: Effect.Effect<void, StorageFailure>
  readonly count: Effect.Effect<number, StorageFailure>
}

export interface Bounds {
  readonly maxEntries?: number
  /** Of all keys and values in UTF-8, and a fixed cost per entry. */
  readonly maxBytes?: number
}

export const defaultBounds: Required<Bounds> = { maxEntries: 10_000, maxBytes: 64 * 1024 * 1024 }

const overhead = 96

export const bytesOf = ({ key, value }: Entry): number => Buffer.byteLength(key) + Buffer.byteLength(value) + overhead
