/**
 * A region of the cache whose values have a schema, kept as JSON, and whose reads take one line.
 */
import { Context, Effect, Either, Schema } from "effect"
import { Cache } from "./Cache.ts"
import type { CacheRegion, EntryOptions, LoadOptions } from "./Cache.ts"
import type { CachePolicy } from "./CachePolicy.ts"

export interface Options<A, I> {
  /** Change it when the meaning of the values changes: what stands under the old name is never read again. */
  readonly name: string
  readonly schema: Schema.Schema<A, I>
  readonly policy: CachePolicy
}

const utf8 = new TextEncoder()
const text = new TextDecoder("utf-8", { fatal: true })

/** A value that the schema cannot encode is a bug. */
export const region = <A, I>({ name, policy, schema }: Options<A, I>): CacheRegion<A> => {
  const json = Schema.parseJson(schema)
  const encode = Schema.encodeSync(json)
  const decode = Schema.decodeUnknownEither(json)
  return {
    name,
    policy,
    encode: (value) => utf8.encode(encode(value)),
    decode: (bytes) => Either.getRight(Either.flatMap(Either.try(() => text.decode(bytes)), decode))
  }
}

/** One step of the fiber; asking for a service in the usual way costs as much as a hit does. */
const withCache = <B, E, R>(use: (cache: typeof Cache.Service) => Effect.Effect<B, E, R>) =>
  Effect.withFiberRuntime<B, E, R | Cache>((fiber) =>
    use(Context.get(fiber.currentContext as Context.Context<Cache>, Cache))
  )

/** `forSchema({ name, schema, policy })`, once; then `profiles.getOrLoad(userId, load)`. */
export const forSchema = <A, I>(options: Options<A, I>) => {
  const own = region(options)
  return {
    region: own,
    get: (key: string) => withCache((cache) => cache.get(own, key)),
    set: (key: string, value: A, entry?: EntryOptions) => withCache((cache) => cache.set(own, key, value, entry)),
    getOrLoad: <E, R>(key: string, load: Effect.Effect<A, E, R>, how?: LoadOptions<A, E>) =>
      withCache((cache) => cache.getOrLoad(own, key, load, how)),
    refresh: <E, R>(key: string, load: Effect.Effect<A, E, R>, how?: LoadOptions<A, E>) =>
      withCache((cache) => cache.refresh(own, key, load, how)),
    expire: (key: string) => withCache((cache) => cache.expire(own, key)),
    remove: (key: string) => withCache((cache) => cache.remove(own, key))
  }
}
