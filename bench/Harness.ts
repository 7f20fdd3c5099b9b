/**
 * Benchmarks as ratios: both sides run interleaved in the same process tree, so that a busy machine slows both.
 */

export interface Side {
  /** Runs once and returns the cost of one operation, or the rate, in the benchmark's unit. */
  readonly sample: () => Promise<number> | number
  readonly close?: () => Promise<void>
}

/** Sets one side up; `undefined` when this machine does not have it. */
export type Subject = () => Promise<Side | undefined> | Side | undefined

export interface Target {
  readonly group: string
  readonly name: string
  readonly unit: string
  readonly better: "lower" | "higher"
  /** Of the ratio to the peer, or of the value itself when there is no peer. */
  readonly target: number
  readonly peer?: { readonly name: string }
}

export interface Benchmark extends Target {
  readonly subject: Subject
  readonly peer?: { readonly name: string; readonly subject: Subject }
}

export interface Result {
  readonly group: string
  readonly name: string
  readonly unit: string
  readonly value: number
  readonly peer?: string
  readonly ratio?: number
  readonly target: number
  readonly better: "lower" | "higher"
  /** `null`: the peer is missing, so nobody knows. */
  readonly met: boolean | null
}

/** A miss by up to this share is noise to `--check`. */
const tolerance = 0.2

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

const reaches = (better: "lower" | "higher", measured: number, target: number) =>
  better === "lower" ? measured <= target : measured >= target

export const judge = (judged: Target, value: number, peerValue: number | undefined): Result => {
  const { better, group, name, peer, target, unit } = judged
  if (peer === undefined) {
    return { group, name, unit, value, target, better, met: reaches(better, value, target) }
  }
  if (peerValue === undefined) {
    return { group, name, unit, value, peer: peer.name, target, better, met: null }
  }
  const ratio = value / peerValue
  return { group, name, unit, value, peer: peer.name, ratio, target, better, met: reaches(better, ratio, target) }
}

const missesWidely = ({ better, ratio, target, value }: Result) =>
  !reaches(better, ratio ?? value, better === "lower" ? target * (1 + tolerance) : target * (1 - tolerance))

/** A missing peer fails where everything is supposed to be installed; a missed target fails when asked to check. */
export const fails = (result: Result, options: { readonly check: boolean; readonly ci: boolean }): boolean =>
  result.met === null ? options.ci : options.check && missesWidely(result)

/** One unmeasured round, then medians of `rounds`, the two sides taking turns at going first. */
export const measure = async (benchmark: Benchmark, rounds: number): Promise<Result> => {
  const ours = await benchmark.subject()
  if (ours === undefined) {
    throw new Error(`${benchmark.group}: "${benchmark.name}" has nothing to measure`)
  }
  const theirs = await benchmark.peer?.subject()
  const sides = [{ side: ours, samples: [] as Array<number> }, { side: theirs, samples: [] as Array<number> }] as const
  for (let round = -1; round < rounds; round++) {
    for (const { samples, side } of round % 2 === 0 ? sides : sides.toReversed()) {
      const sample = await side?.sample()
      if (sample !== undefined && round >= 0) {
        samples.push(sample)
      }
    }
  }
  await Promise.all([ours.close?.(), theirs?.close?.()])
  const [value, peerValue] = sides.map(({ samples }) => median(samples))
  return judge(benchmark, value ?? Number.NaN, theirs === undefined ? undefined : peerValue)
}
