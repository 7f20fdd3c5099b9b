/**
 * Other people's caches and clients. They have an installation of their own, so that ours compiles nothing for a benchmark.
 */
import type { BentoCache, bentostore } from "bentocache"
import type { kyselyDriver } from "bentocache/drivers/kysely"
import type { memoryDriver } from "bentocache/drivers/memory"
import type { Keyv, KeyvStoreAdapter } from "keyv"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

const folder = join(process.cwd(), "bench/peers")

/** npm writes the hidden lock last. */
export const isInstalled = existsSync(join(folder, "node_modules/.package-lock.json"))

export const notInstalled = "The peers are not installed, so they are left out: npm ci --prefix bench/peers\n"

/** What we use of packages that the root does not have. */
interface Modules {
  readonly "bentocache": { readonly BentoCache: typeof BentoCache; readonly bentostore: typeof bentostore }
  readonly "bentocache/drivers/kysely": { readonly kyselyDriver: typeof kyselyDriver }
  readonly "bentocache/drivers/memory": { readonly memoryDriver: typeof memoryDriver }
  readonly "cache-manager": {
    readonly createCache: <A>(options: {
      readonly stores: ReadonlyArray<Keyv>
      readonly ttl: number
    }) => CacheManager<A>
  }
  readonly "keyv": { readonly Keyv: typeof Keyv }
  readonly "@keyv/sqlite": {
    readonly default: new(options: { readonly uri: string; readonly wal: boolean }) => KeyvStoreAdapter
  }
  readonly "axios": { readonly default: { readonly get: (url: string) => Promise<{ readonly data: unknown }> } }
  readonly "cockatiel": {
    readonly bulkhead: (limit: number, queue: number) => Policy
    readonly circuitBreaker: (
      handled: object,
      options: { readonly halfOpenAfter: number; readonly breaker: object }
    ) => Policy
    readonly ExponentialBackoff: new() => object
    readonly handleAll: object
    readonly retry: (handled: object, options: { readonly maxAttempts: number; readonly backoff: object }) => Policy
    readonly SamplingBreaker: new(options: { readonly threshold: number; readonly duration: number }) => object
    readonly timeout: (millis: number, strategy: string) => Policy
    readonly TimeoutStrategy: { readonly Aggressive: string }
    readonly wrap: (...policies: ReadonlyArray<Policy>) => Policy
  }
  readonly "got": { readonly got: (url: string) => Answer }
  readonly "ky": { readonly default: (url: string) => Answer }
  readonly "kysely": {
    readonly Kysely: new(options: { readonly dialect: object }) => never
    readonly SqliteDialect: new(options: { readonly database: object }) => object
  }
}

interface Answer {
  readonly json: () => Promise<unknown>
}

interface Policy {
  readonly execute: <A>(run: (context: { readonly signal: AbortSignal }) => Promise<A>) => Promise<A>
}

export interface CacheManager<A> {
  readonly get: (key: string) => Promise<A | undefined>
  readonly set: (key: string, value: A) => Promise<A>
  readonly del: (key: string) => Promise<boolean>
  readonly wrap: (key: string, load: () => Promise<A>) => Promise<A>
  readonly disconnect: () => Promise<unknown>
}

export const load = async <Name extends keyof Modules>(name: Name): Promise<Modules[Name]> => {
  // From a file of that folder: this one is bundled into another.
  const there = await import(pathToFileURL(join(folder, "load.mjs")).href)
  return there.load(name)
}
