/**
 * A way to make requests that is measured. What is counted is a request with its parsed answer.
 */

export interface Client {
  /** So many requests, so many of them at a time. */
  readonly run: (requests: number, concurrency: number) => Promise<void>
  readonly close?: () => Promise<void>
}

/** How many of the requests each of those that run at a time makes. */
export const shares = (requests: number, concurrency: number): ReadonlyArray<number> =>
  Array.from(
    { length: concurrency },
    (_, index) => Math.floor(requests / concurrency) + (index < requests % concurrency ? 1 : 0)
  )
