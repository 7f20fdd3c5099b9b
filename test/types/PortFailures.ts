/**
 * What must not compile: a technology's own error coming out of a port, and a fault that a port cannot have. `tsc`
 * checks it, by reporting every expectation below that is not met; nothing here runs.
 */
// @effect-diagnostics missingEffectError:off missingEffectContext:off -- what must be missing is what is tested
import type { HttpClientError } from "@effect/platform/HttpClientError"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Context, Duration, Effect, Option, Stream } from "effect"
import type { Layer } from "effect"
import type { AuthRepository } from "../../src/domain/auth/AuthRepository.ts"
import { Unavailable } from "../../src/domain/network/RemoteFailure.ts"
import type { NoteRepository } from "../../src/domain/notes/NoteRepository.ts"
import { Cache } from "../../src/domain/storage/Cache.ts"
import type { SecureStore } from "../../src/domain/storage/SecureStore.ts"
import { Busy } from "../../src/domain/storage/StorageFailure.ts"
import type { StorageFailure } from "../../src/domain/storage/StorageFailure.ts"
import type { UserRepository } from "../../src/domain/user/UserRepository.ts"
import type { AccessTokens } from "../../src/infrastructure/network/api/AccessTokens.ts"
import type { LocalDatabase } from "../../src/infrastructure/storage/local/LocalDatabase.ts"
import { ProcessLock } from "../../src/infrastructure/storage/local/ProcessLock.ts"
import { withFaults } from "../../src/testing/Faults.ts"

declare const query: Effect.Effect<never, SqlError>
declare const request: Effect.Effect<never, HttpClientError>
declare const sql: SqlClient
declare const database: typeof LocalDatabase.Service

/** What an adapter would hand to `Layer.succeed`; the parts that are not looked at are left out. */
type Methods<Port extends { readonly Service: object }> = Partial<Port["Service"]>

// @ts-expect-error SqlError is not a SecretFailure
export const secrets: Methods<typeof SecureStore> = { remove: () => query }

// @ts-expect-error SqlError is not a NoteFailure
export const removeNote: Methods<typeof NoteRepository> = { remove: () => query }

// @ts-expect-error SqlError is not a NoteFailure, in a stream either
export const allNotes: Methods<typeof NoteRepository> = { all: Stream.fromEffect(query) }

// @ts-expect-error HttpClientError is neither a NoteFailure nor a RemoteFailure
export const syncNotes: Methods<typeof NoteRepository> = { sync: request }

// @ts-expect-error HttpClientError is not an AuthFailure
export const login: Methods<typeof AuthRepository> = { login: () => request }

// @ts-expect-error HttpClientError is not a RemoteFailure
export const profile: Methods<typeof UserRepository> = { profile: Stream.fromEffect(request) }

// @ts-expect-error HttpClientError is neither a RemoteFailure nor a SecretFailure
export const credentials: Methods<typeof AccessTokens> = { credentials: () => request }

// @ts-expect-error A fault of the cache's storage never reaches a reader
export const cached: Methods<typeof Cache> = { get: () => query }

// @ts-expect-error An adapter may not ask its caller for its own dependencies
export const needy: Methods<typeof Cache> = { clear: Context.GenericTag<SqlClient>("sql") }

/** The two forms in which statements leave a data source are typed by `LocalDatabase`. */
export const typed: Effect.Effect<ReadonlyArray<object>, StorageFailure> = database.read(sql`SELECT 1`)
export const own: Effect.Effect<never, StorageFailure | "mine"> = database.writeTransaction(
  Effect.zipRight(sql`SELECT 1`, Effect.fail("mine" as const))
)

// @ts-expect-error A bare statement fails with SqlError
export const bare: Effect.Effect<ReadonlyArray<object>, StorageFailure> = sql`SELECT 1`

declare const locks: Layer.Layer<ProcessLock>
declare const caches: Layer.Layer<Cache>

export const faults = Effect.gen(function*() {
  const lock = yield* withFaults(ProcessLock, locks)
  yield* lock.fail("tryHold", new Busy({ store: "lock", operation: "test" }))
  // @ts-expect-error The port has no such method
  yield* lock.hang("hold")
  // @ts-expect-error `tryHold` cannot fail like that
  yield* lock.fail("tryHold", new Unavailable({}))

  const cache = yield* withFaults(Cache, caches)
  // @ts-expect-error Reading the cache cannot fail
  yield* cache.fail("get", new Busy({ store: "cache", operation: "test" }))
  yield* cache.corrupt(
    "get",
    () => Option.some({ value: "another", age: Duration.zero, origin: "memory", state: "fresh" })
  )
  // @ts-expect-error That is not what `get` gives
  yield* cache.corrupt("get", () => "another")
})
