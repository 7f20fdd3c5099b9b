/**
 * What happened to a cache, and whether a read of it may give what it gave. Moments are numbers that count up.
 */
import { Clock, Effect } from "effect"
import type { CacheResult } from "../../../../src/domain/storage/Cache.ts"
import type { CachePolicy } from "../../../../src/domain/storage/CachePolicy.ts"
import { textsWith } from "../../../../src/testing/contract/CacheSubject.ts"

export const lifetimes = { fresh: 10_000, revalidate: 15_000, kept: 60_000 } as const

export const policy: CachePolicy = {
  timeToLive: lifetimes.fresh,
  staleWhileRevalidate: lifetimes.revalidate - lifetimes.fresh,
  failSafeMaxAge: lifetimes.kept,
  eagerRefreshThreshold: 0.5,
  write: "through"
}

export const region = textsWith(policy, "modelled")

interface Value {
  readonly id: string
  readonly key: string
  readonly tags: ReadonlyArray<string>

  /** The last moment from which it may say something: of a load its beginning, of a set its end. */
  latest: number
  wall: number
  monotonic: number
}

export type Target = { readonly key: string } | { readonly tag: string } | "all"

interface Change {
  readonly kind: "set" | "expire" | "remove"
  readonly target: Target
  readonly start: number
  end: number
}

const concerns = ({ target }: Change, value: Value) =>
  target === "all" || ("key" in target ? target.key === value.key : value.tags.includes(target.tag))

type Served = Pick<CacheResult<string, unknown>, "value" | "state" | "origin">

export class History {
  wall = 1_000_000
  monotonic = 0
  private moment = 0
  private readonly values = new Map<string, Value>()
  private readonly changes: Array<Change> = []
  private readonly loads = new Map<string, number>()

  now() {
    this.moment += 1
    return this.moment
  }

  /** Time that the test alone decides on; what sleeps does so in real time. */
  readonly clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => this.wall,
    unsafeCurrentTimeNanos: () => BigInt(this.monotonic) * 1_000_000n,
    currentTimeMillis: Effect.sync(() => this.wall),
    currentTimeNanos: Effect.sync(() => BigInt(this.monotonic) * 1_000_000n),
    sleep: Clock.make().sleep
  }

  newValue(key: string, tags: ReadonlyArray<string>): Value {
    const value = {
      id: `${key}${this.values.size}`,
      key,
      tags,
      latest: this.now(),
      wall: this.wall,
      monotonic: this.monotonic
    }
    this.values.set(value.id, value)
    return value
  }

  tagsOf(id: string) {
    return this.values.get(id)?.tags ?? []
  }

  change<E, R>(kind: Change["kind"], target: Target, effect: Effect.Effect<void, E, R>) {
    return Effect.suspend(() => {
      const change: Change = { kind, target, start: this.now(), end: Number.POSITIVE_INFINITY }
      this.changes.push(change)
      return Effect.map(effect, () => {
        change.end = this.now()
        return change.end
      })
    })
  }

  /** At most one load of a key at a time in a process, but for those that something has overtaken. */
  load(process: number, value: Value) {
    const id = `${process} ${value.key}`
    const running = this.loads.get(id)
    const isOvertaken = (since: number) =>
      this.changes.some(({ end, target }) =>
        end > since && (target === "all" || "tag" in target || target.key === value.key)
      )
    if (running !== undefined && !isOvertaken(running)) throw new Error(`a second load of ${value.key}`)
    this.loads.set(id, value.latest)
  }

  landed(process: number, value: Value) {
    const id = `${process} ${value.key}`
    if (this.loads.get(id) === value.latest) this.loads.delete(id)
    value.wall = this.wall
    value.monotonic = this.monotonic
  }

  forgetLoads(process: number) {
    for (const id of this.loads.keys()) if (id.startsWith(`${process} `)) this.loads.delete(id)
  }

  /** What a read that began at `start` must not give; `undefined` when all is well. */
  objection({ state, value: id }: Served, key: string, start: number): string | undefined {
    const value = this.values.get(id)
    if (value === undefined || value.key !== key) return `${id} is none of ${key}`
    for (const change of this.changes) {
      if (change.end >= start || change.start <= value.latest || !concerns(change, value)) continue
      if (change.kind !== "expire" || state === "fresh") return `${id} is ${state} after ${change.kind}`
    }
    const wall = this.wall - value.wall
    const monotonic = this.monotonic - value.monotonic
    if (wall >= lifetimes.kept && monotonic >= lifetimes.kept) return `${id} is too old`
    const isFresh = (wall < lifetimes.fresh && wall >= -5000) || monotonic < lifetimes.fresh
    return state === "fresh" && !isFresh ? `${id} is not fresh any more` : undefined
  }

  /** Whether somebody set `key`, nothing has concerned it since, and no time either. */
  mustHave(key: string): boolean {
    const set = this.changes.findLast(({ kind, target }) =>
      kind === "set" && target !== "all" && "key" in target
      && target.key === key
    )
    const value = [...this.values.values()].find(({ latest }) => latest === set?.end)
    if (set === undefined || value === undefined) return false
    const wall = this.wall - value.wall
    return wall >= 0 && wall < lifetimes.fresh && this.monotonic - value.monotonic < lifetimes.fresh
      && !this.changes.some((change) => change.end > set.end && concerns(change, value))
  }
}
