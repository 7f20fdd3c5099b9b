/**
 * A policy in whole milliseconds.
 */
import { Duration } from "effect"
import type { CachePolicy } from "../../../domain/storage/CachePolicy.ts"
import type { NewEntry } from "./EntryStore.ts"

export interface Lifetime {
  readonly timeToLive: number
  readonly jitterMax: number

  /** Of `freshUntil`; 1 when off. */
  readonly eagerPart: number
  readonly staleWhileRevalidate: number
  readonly failSafeMaxAge: number
  readonly failSafeThrottle: number
  readonly softTimeout: number | undefined
  readonly hardTimeout: number | undefined
  readonly onAbandoned: CachePolicy["onAbandoned"]
  readonly write: "behind" | "through"
  readonly acrossProcesses: boolean
}

/** Longer than this is for ever. */
const endless = Number.MAX_SAFE_INTEGER

const millis = (duration: Duration.DurationInput | undefined, absent: number) =>
  duration === undefined ? absent : Math.min(endless, Math.ceil(Duration.toMillis(duration)))

const timeout = (duration: Duration.DurationInput | undefined) => {
  const limit = millis(duration, endless)
  return limit === endless ? undefined : limit
}

const resolve = (policy: CachePolicy): Lifetime => {
  const part = policy.eagerRefreshThreshold
  return {
    timeToLive: millis(policy.timeToLive, 0),
    jitterMax: millis(policy.jitterMax, 0),
    eagerPart: part !== undefined && part > 0 && part < 1 ? part : 1,
    staleWhileRevalidate: millis(policy.staleWhileRevalidate, 0),
    failSafeMaxAge: millis(policy.failSafeMaxAge, 0),
    failSafeThrottle: millis(policy.failSafeThrottle, 1000),
    softTimeout: timeout(policy.softTimeout),
    hardTimeout: timeout(policy.hardTimeout),
    onAbandoned: policy.onAbandoned,
    write: policy.write ?? "behind",
    acrossProcesses: policy.acrossProcesses ?? false
  }
}

const resolved = new WeakMap<CachePolicy, Lifetime>()

export const of = (policy: CachePolicy): Lifetime => {
  const known = resolved.get(policy)
  if (known !== undefined) return known
  const lifetime = resolve(policy)
  resolved.set(policy, lifetime)
  return lifetime
}

export const withChanges = (policy: CachePolicy, changes: Partial<CachePolicy> | undefined): Lifetime =>
  changes === undefined ? of(policy) : resolve({ ...policy, ...changes })

/** `random` between 0 and 1. */
export const agesOf = (
  lifetime: Lifetime,
  random: number
): Pick<NewEntry, "freshUntil" | "revalidateUntil" | "keptUntil"> => {
  const freshUntil = Math.min(endless, lifetime.timeToLive + Math.floor(lifetime.jitterMax * random))
  const revalidateUntil = Math.min(endless, freshUntil + lifetime.staleWhileRevalidate)
  return { freshUntil, revalidateUntil, keptUntil: Math.max(revalidateUntil, lifetime.failSafeMaxAge) }
}
