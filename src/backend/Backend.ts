/**
 * The embedded backend, put together: what "remote" is when there is no remote.
 */
import { Effect, Layer } from "effect"
import type { Redacted } from "effect"
import type { Crypto } from "../domain/security/Crypto.ts"
import type { HashingUnavailable, PasswordHashing } from "../domain/security/PasswordHashing.ts"
import type { StorageFailure } from "../domain/storage/StorageFailure.ts"
import type { LocalDatabase } from "../infrastructure/storage/local/LocalDatabase.ts"
import type { BackendAddress, CannotListen } from "./BackendAddress.ts"
import * as BackendApp from "./BackendApp.ts"
import * as BackendServer from "./BackendServer.ts"
import type { BackendFaults } from "./faults/Fault.ts"
import * as FaultInjector from "./faults/FaultInjector.ts"
import { AnalyticsWriteKey } from "./handlers/AnalyticsHandlers.ts"
import * as Application from "./http/Application.ts"
import * as RealtimeHub from "./realtime/RealtimeHub.ts"
import * as AccountStore from "./store/AccountStore.ts"
import * as DeviceStore from "./store/DeviceStore.ts"
import * as EventStore from "./store/EventStore.ts"
import * as LoginAttemptStore from "./store/LoginAttemptStore.ts"
import * as NoteStore from "./store/NoteStore.ts"
import * as SessionStore from "./store/SessionStore.ts"

export interface Options extends SessionStore.Options {
  readonly analyticsWriteKey: Redacted.Redacted<string>

  /** Accounts that exist from the start; a known one gets this password. */
  readonly accounts?: ReadonlyArray<{ readonly username: string; readonly password: Redacted.Redacted<string> }>
}

const seed = ({ accounts = [] }: Options) =>
  Effect.flatMap(
    AccountStore.AccountStore,
    (store) => Effect.forEach(accounts, ({ password, username }) => store.seed(username, password), { discard: true })
  )

const core = (options: Options) =>
  Layer.effectDiscard(seed(options)).pipe(
    Layer.provideMerge(Application.layer),
    Layer.provideMerge(Layer.mergeAll(
      AccountStore.layer,
      LoginAttemptStore.layer,
      SessionStore.layer(options),
      NoteStore.layer,
      DeviceStore.layer,
      EventStore.layer,
      RealtimeHub.layer,
      FaultInjector.layer,
      Layer.succeed(AnalyticsWriteKey, options.analyticsWriteKey)
    ))
  )

/** What the backend takes from its surroundings: a database of its own with `Migrations.migrations`, keys, hashing. */
export type Requirements = LocalDatabase | Crypto | PasswordHashing

/** The backend without sockets, for programs that run in one process. `EventStore` lets tests see what arrived. */
export const memory = (
  options: Options
): Layer.Layer<
  BackendApp.BackendApp | BackendFaults | EventStore.EventStore,
  HashingUnavailable | StorageFailure,
  Requirements
> => Layer.merge(BackendApp.layer, FaultInjector.switchLayer).pipe(Layer.provideMerge(core(options)))

/** The backend on loopback HTTP and WebSocket. */
export const server = (
  options: Options & BackendServer.Options
): Layer.Layer<BackendAddress | BackendFaults, HashingUnavailable | StorageFailure | CannotListen, Requirements> =>
  Layer.merge(BackendServer.layer(options), FaultInjector.switchLayer).pipe(Layer.provide(core(options)))
