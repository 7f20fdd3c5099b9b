/**
 * What an entry is good for, by its age, and what a read does about it.
 */

/**
 * `eager`: fresh, and due to be loaded again. `revalidate`: past its time to live, and served while it is loaded again.
 * `stale`: what a load that fails or takes too long falls back on. `dead`: nothing is served from it.
 */
export type State = "fresh" | "eager" | "revalidate" | "stale" | "dead"

/** Ages in milliseconds at which the next state begins. */
export interface Ages {
  readonly eagerUntil: number
  readonly freshUntil: number
  readonly revalidateUntil: number
  readonly keptUntil: number

  /** By an invalidation. */
  readonly expired: boolean
}

/** An entry that seems to come from further in the future is older than the last time the clock was set back. */
const tolerance = 5000

/** An entry that was expired, or has no age that can be told, serves as a fall-back only, where there is to be one. */
export const stateOf = (ages: Ages, age: number): State => {
  if (ages.expired || age < -tolerance) {
    return ages.keptUntil > ages.revalidateUntil && age < ages.keptUntil ? "stale" : "dead"
  }
  if (age < ages.eagerUntil) return "fresh"
  if (age < ages.freshUntil) return "eager"
  if (age < ages.revalidateUntil) return "revalidate"
  return age < ages.keptUntil ? "stale" : "dead"
}

export interface Action {
  /** What the reader gets at once; `wait`: nothing before the load has ended, or taken too long. */
  readonly serve: "fresh" | "stale" | "failSafe" | "wait"

  /** Nobody waits for the load. */
  readonly inBackground: boolean
}

const serve = (what: Action["serve"], inBackground = false): Action => ({ serve: what, inBackground })

const actions: Readonly<Record<State, Action>> = {
  fresh: serve("fresh"),
  eager: serve("fresh", true),
  revalidate: serve("stale", true),
  stale: serve("wait"),
  dead: serve("wait")
}

/** Shortly after a load has failed. */
const throttledActions: Readonly<Record<State, Action>> = {
  fresh: serve("fresh"),
  eager: serve("fresh"),
  revalidate: serve("failSafe"),
  stale: serve("failSafe"),
  dead: serve("wait")
}

export const actionOf = (state: State, throttled: boolean): Action =>
  throttled ? throttledActions[state] : actions[state]

/** Whether the entry is what a load is to bring, so that it need not be loaded any more. */
export const isCurrent = (state: State, wanted: "fresh" | "eager"): boolean =>
  state === "fresh" || (state === "eager" && wanted === "eager")

/** How a reader is told of what it is served. */
export const described = (state: State): "fresh" | "stale" => state === "fresh" || state === "eager" ? "fresh" : "stale"
