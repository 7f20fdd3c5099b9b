/**
 * What the caches are measured with: small records, of which the first 200 bytes are all there is, or 10 KB follow.
 */
import { Schema } from "effect"
import type { CachePolicy } from "../../src/domain/storage/CachePolicy.ts"
import * as CacheSchema from "../../src/domain/storage/CacheSchema.ts"

const Profile = Schema.Struct({ id: Schema.Number, name: Schema.String, about: Schema.String })
export type Profile = typeof Profile.Type

export type Size = "200 B" | "10 KB"

const aboutLength: Readonly<Record<Size, number>> = { "200 B": 150, "10 KB": 10_000 }

export const keyOf = (index: number): string => `user:${index}`

/** The key to use next: all of them in turn, none beside the one before. */
export const spread = (index: number, keys: number): number => (index * 7919) % keys

/** `round` makes it another value: SQLite writes nothing when nothing changes. */
export const profile = (index: number, size: Size, round = 0): Profile => ({
  id: index,
  name: `Somebody ${index} ${round}`,
  about: "A line about somebody. ".repeat(aboutLength[size] / 20).slice(0, aboutLength[size])
})

const aDay = "1 day"

export const region = (policy: Partial<CachePolicy> = {}) =>
  CacheSchema.region({ name: "profile", schema: Profile, policy: { timeToLive: aDay, ...policy } })
