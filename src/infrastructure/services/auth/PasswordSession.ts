/**
 * The session of one account over the backend's password API: what `PasswordAuthRepository` and
 * `SessionAccessTokens` share.
 *
 * A refresh token can be spent once. So every change of the stored session happens under one `ProcessLock`, a refresh
 * reads the store again after it got the lock and adopts what another process stored, and new tokens are stored before
 * anybody sees them.
 */
import { Clock, Context, DateTime, Deferred, Effect, FiberId, Layer, Option, PubSub, Random, Ref } from "effect"
import type { AuthFailure } from "../../../domain/auth/AuthFailure.ts"
import { InvalidCredentials } from "../../../domain/auth/AuthFailure.ts"
import type { LoginRequest } from "../../../domain/auth/LoginRequest.ts"
import type { SessionEvent } from "../../../domain/auth/Session.ts"
import type { User } from "../../../domain/auth/User.ts"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import { OutcomeUnknown, Unauthenticated } from "../../../domain/network/RemoteFailure.ts"
import { Cache } from "../../../domain/storage/Cache.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { SecureStore } from "../../../domain/storage/SecureStore.ts"
import * as ResponseStore from "../../network/api/cache/ResponseStore.ts"
import { PlainApiClient } from "../../network/api/PlainApiClient.ts"
import { ProcessLock } from "../../storage/local/ProcessLock.ts"
import * as AuthCatalogue from "../../telemetry/catalogue/Auth.ts"
import * as Meter from "../../telemetry/Meter.ts"
import * as Span from "../../telemetry/Span.ts"
import { isFresh, SessionRecord } from "./SessionRecord.ts"
import * as SessionVault from "./SessionVault.ts"

export class PasswordSession extends Context.Tag("effect-strata/infrastructure/services/auth/PasswordSession")<
  PasswordSession,
  {
    readonly login: (request: LoginRequest) => Effect.Effect<User, AuthFailure>
    readonly logout: Effect.Effect<void, SecretFailure>

    /** The stored session, as it is. */
    readonly current: Effect.Effect<Option.Option<SessionRecord>, SecretFailure>

    /** The session with an access token that can be used, refreshed first when it cannot. */
    readonly usable: Effect.Effect<SessionRecord, RemoteFailure | SecretFailure>

    /** Replaces the tokens of `generation`, unless that happened already. */
    readonly refresh: (generation: number) => Effect.Effect<SessionRecord, RemoteFailure | SecretFailure>

    /** A slow subscriber loses the oldest beyond 16. */
    readonly events: PubSub.PubSub<SessionEvent>
  }
>() {}

const lockName = "session"
const lockDeadline = "30 seconds"
const exchangeTimeout = "10 seconds"
const revokeTimeout = "5 seconds"

interface Refresh {
  readonly result: "refreshed" | "adopted"
  readonly record: SessionRecord
}

const refreshed = (record: SessionRecord): Refresh => ({ result: "refreshed", record })
const adopted = (record: SessionRecord): Refresh => ({ result: "adopted", record })

const counted = (result: Refresh["result"] | "expired" | "failed") =>
  Effect.zipRight(
    Span.annotate(AuthCatalogue.refresh, { "strata.auth.result": result }),
    Meter.add(AuthCatalogue.refreshes, { "strata.auth.result": result })
  )

export const make = Effect.gen(function*() {
  const api = yield* PlainApiClient
  const cache = yield* Cache
  const locks = yield* ProcessLock
  const vault = yield* SessionVault.make
  const scope = yield* Effect.scope
  const events = yield* PubSub.sliding<SessionEvent>(16)
  const flights = new Map<number, Deferred.Deferred<SessionRecord, RemoteFailure | SecretFailure>>()
  // Tokens that arrived but could not be stored: the pair before them is spent, so losing them would end the session.
  const unstored = yield* Ref.make(Option.none<{ readonly replaces: number; readonly record: SessionRecord }>())
  const locked = locks.withLock(lockName, lockDeadline)

  /** What the backend answered to the account goes with its session. */
  const take = Effect.uninterruptible(
    Effect.tap(
      vault.take,
      (taken) => Option.isSome(taken) ? ResponseStore.purge(cache, taken.value.user.id) : Effect.void
    )
  )

  const revoke = (record: Pick<SessionRecord, "refreshToken">) =>
    api.call((client) => client.sessions.revoke({ payload: { refreshToken: record.refreshToken } })).pipe(
      Effect.timeout(revokeTimeout),
      Effect.isSuccess
    )

  const login = (request: LoginRequest) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        yield* restore(vault.probe)
        const { tokens, user } = yield* restore(
          api.call((client) =>
            client.sessions.create({ payload: { username: request.username, password: request.password } })
          )
        ).pipe(Effect.catchTag("Unauthenticated", () => new InvalidCredentials()))
        const now = yield* DateTime.now
        const generation = yield* Random.nextIntBetween(1, 2 ** 47)
        const record = new SessionRecord({ ...tokens, version: 1, user, startedAt: now, obtainedAt: now, generation })
        const revokeLater = (unused: SessionRecord) => Effect.forkIn(Effect.interruptible(revoke(unused)), scope)
        let written = false
        const replace = Effect.gen(function*() {
          const replaced = Option.flatten(yield* Effect.option(vault.read))
          yield* vault.write(record)
          written = true
          yield* PubSub.publish(events, { _tag: "SignedIn", user })
          if (Option.isNone(replaced)) return
          yield* revokeLater(replaced.value)
          if (replaced.value.user.id !== user.id) yield* ResponseStore.purge(cache, replaced.value.user.id)
        })
        // An interruption that came during the write is told after it: the session is signed in then, and stays so.
        yield* restore(locked(Effect.uninterruptible(replace))).pipe(
          Effect.tapErrorCause(() => (written ? Effect.void : revokeLater(record)))
        )
        return user
      })
    ).pipe(Span.withSpan(AuthCatalogue.signIn, { "strata.auth.method": "password" }))

  const logout = Effect.gen(function*() {
    const ended = yield* locked(take)
    if (Option.isNone(ended)) return
    yield* PubSub.publish(events, { _tag: "SignedOut" })
    yield* Span.annotate(AuthCatalogue.signOut, { "strata.auth.revoked": yield* revoke(ended.value) })
  }).pipe(Span.withSpan(AuthCatalogue.signOut))

  const store = (record: SessionRecord, replaces: number) =>
    Ref.set(unstored, Option.some({ replaces, record })).pipe(
      Effect.zipRight(vault.write(record)),
      Effect.zipRight(Ref.set(unstored, Option.none())),
      Effect.as(refreshed(record))
    )

  const exchange = (record: SessionRecord) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const tokens = yield* restore(
          api.call((client) => client.sessions.refresh({ payload: { refreshToken: record.refreshToken } })).pipe(
            Effect.timeoutFail({ duration: exchangeTimeout, onTimeout: () => new OutcomeUnknown() })
          )
        )
        const renewed = {
          ...record,
          ...tokens,
          obtainedAt: yield* DateTime.now,
          generation: record.generation + 1
        }
        return yield* store(new SessionRecord(renewed), record.generation)
      })
    )

  /** The refresh token is not good any more: unless somebody replaced the session meanwhile, it is over. */
  const ended = (generation: number) =>
    Effect.gen(function*() {
      const current = yield* vault.read
      if (Option.isSome(current) && current.value.generation !== generation) return adopted(current.value)
      yield* take
      yield* PubSub.publish(events, { _tag: "SessionExpired" })
      return yield* new Unauthenticated()
    })

  const refreshHere = (generation: number) =>
    locked(Effect.gen(function*() {
      const stored = yield* vault.read
      if (Option.isNone(stored)) return yield* new Unauthenticated()
      const record = stored.value
      if (record.generation !== generation && isFresh(record, yield* Clock.currentTimeMillis)) {
        return adopted(record)
      }
      const kept = Option.filter(yield* Ref.get(unstored), ({ replaces }) => replaces === record.generation)
      const renewed = Option.isSome(kept)
        ? store(kept.value.record, record.generation)
        : exchange(record)
      return yield* Effect.catchTag(renewed, "Unauthenticated", () => ended(record.generation))
    })).pipe(
      Effect.tap(({ result }) => counted(result)),
      Effect.tapError((failure) => counted(failure._tag === "Unauthenticated" ? "expired" : "failed")),
      Effect.map(({ record }) => record),
      Span.withSpan(AuthCatalogue.refresh)
    )

  /** One refresh per generation; it belongs to this service, so that a caller who gives up does not end it for the others. */
  const refresh = (generation: number) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        const running = flights.get(generation)
        if (running !== undefined) return restore(Deferred.await(running))
        const flight = Deferred.unsafeMake<SessionRecord, RemoteFailure | SecretFailure>(FiberId.none)
        flights.set(generation, flight)
        return Effect.interruptible(refreshHere(generation)).pipe(
          Effect.ensuring(Effect.sync(() => flights.delete(generation))),
          Effect.intoDeferred(flight),
          Effect.forkIn(scope),
          Effect.zipRight(restore(Deferred.await(flight)))
        )
      })
    )

  const usable = Effect.gen(function*() {
    const stored = yield* vault.read
    if (Option.isNone(stored)) return yield* new Unauthenticated()
    const fresh = isFresh(stored.value, yield* Clock.currentTimeMillis)
    return fresh ? stored.value : yield* refresh(stored.value.generation)
  })

  return PasswordSession.of({ login, logout, current: vault.read, usable, refresh, events })
})

/** A refresh that is under way when the layer closes is abandoned; its session may have to be signed in again. */
export const layer: Layer.Layer<PasswordSession, never, Cache | PlainApiClient | ProcessLock | SecureStore> = Layer
  .scoped(
    PasswordSession,
    make
  )
