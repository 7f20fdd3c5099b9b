/**
 * Runs the conformance tests through one client against the server at `base`, in a process of its own, and prints the results.
 */
import { Effect, Layer, ManagedRuntime, Scope } from "effect"
import { Agent, fetch, interceptors } from "undici"
import { Cache } from "../../../../../src/domain/storage/Cache.ts"
import * as UndiciTransport from "../../../../../src/infrastructure/network/api/transport/UndiciTransport.ts"
import * as MemoryCache from "../../../../../src/infrastructure/storage/cache/MemoryCache.ts"
import * as CachedCalls from "./CachedCalls.ts"
import * as CacheTests from "./CacheTests.ts"

const peer = (): CacheTests.Fetch => {
  const dispatcher = new Agent().compose(interceptors.cache({ type: "private" }))
  return (url, init) => fetch(url, { ...init, dispatcher } as Parameters<typeof fetch>[1]) as Promise<Response>
}

const ours = async (): Promise<CacheTests.Fetch> => {
  const runtime = ManagedRuntime.make(Layer.merge(MemoryCache.layer, UndiciTransport.layer()))
  const send = await runtime.runPromise(
    Effect.flatMap(Cache, (cache) => Scope.extend(CachedCalls.make({ cache }), Effect.runSync(Scope.make())))
  )
  return CachedCalls.toFetch((request) => runtime.runPromise(send(request)))
}

const [, , client, base = ""] = process.argv
const results = await CacheTests.run(client === "peer" ? peer() : await ours(), base)
process.stdout.write(`${JSON.stringify(results)}\n`, () => process.exit())
