/**
 * What others made, each as its own documentation shows it, with the connections that it keeps by default.
 */
import { request } from "undici"
import { load } from "../comparison/Installed.ts"
import { check } from "./Answer.ts"
import { shares } from "./Client.ts"
import type { Client } from "./Client.ts"

type Once = (url: string) => Promise<unknown>

const client = (once: Once) => (url: string): Client => ({
  run: async (requests, concurrency) => {
    await Promise.all(
      shares(requests, concurrency).map(async (share) => {
        for (let made = 0; made < share; made++) check(await once(url))
      })
    )
  }
})

const rawOnce = async (url: string, signal?: AbortSignal) => {
  const { body } = await request(url, signal === undefined ? {} : { signal })
  return await body.json()
}

export const raw = async () => client((url) => rawOnce(url))

// @effect-diagnostics-next-line globalFetch:off -- it is what is measured
export const fetched = async () => client(async (url) => (await fetch(url)).json())

export const got = async () => {
  const { got: get } = await load("got")
  return client((url) => get(url).json())
}

export const ky = async () => {
  const { default: get } = await load("ky")
  return client((url) => get(url).json())
}

export const axios = async () => {
  const { default: instance } = await load("axios")
  return client(async (url) => (await instance.get(url)).data)
}

/** The limits that our pipeline has by default. */
export const cockatiel = async () => {
  const {
    bulkhead,
    circuitBreaker,
    ExponentialBackoff,
    handleAll,
    retry,
    SamplingBreaker,
    timeout,
    TimeoutStrategy,
    wrap
  } = await load("cockatiel")
  const policy = wrap(
    bulkhead(64, 256),
    timeout(30_000, TimeoutStrategy.Aggressive),
    retry(handleAll, { maxAttempts: 3, backoff: new ExponentialBackoff() }),
    circuitBreaker(handleAll, {
      halfOpenAfter: 5_000,
      breaker: new SamplingBreaker({ threshold: 0.5, duration: 30_000 })
    }),
    timeout(15_000, TimeoutStrategy.Aggressive)
  )
  return client((url) => policy.execute(({ signal }) => rawOnce(url, signal)))
}
