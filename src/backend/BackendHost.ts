/**
 * One backend per data folder: the process that holds the lock "backend" runs it and publishes where, others connect
 * to it. When it dies, one of the others runs it on, at the same address.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import { Context, Effect, ExecutionStrategy, Exit, Layer, Option, Ref, Schedule, Schema, Scope } from "effect"
import type { StorageFailure } from "../domain/storage/StorageFailure.ts"
import { ProcessLock } from "../infrastructure/storage/local/ProcessLock.ts"
import * as Telemetry from "../infrastructure/telemetry/catalogue/Backend.ts"
import * as Span from "../infrastructure/telemetry/Span.ts"
import { BackendAddress, CannotListen } from "./BackendAddress.ts"
import { BackendFaults, FaultsUnavailable } from "./faults/Fault.ts"
import * as FaultControl from "./faults/FaultControl.ts"
import * as PublishedAddress from "./PublishedAddress.ts"

/** Another process holds the backend of this data folder but did not say where it listens within 10 seconds. */
export class BackendNotReady extends Schema.TaggedError<BackendNotReady>()("BackendNotReady", {}) {
  override get message() {
    return "Another process is starting the backend of this data folder and did not finish in time"
  }
}

export interface Options<E, R> {
  /** The data folder. */
  readonly directory: string

  /** Builds the backend on a port, 0 for any; called in the process that runs it, and only there. */
  readonly start: (port: number) => Layer.Layer<BackendAddress | BackendFaults, E | CannotListen, R>
}

const lock = "backend"
const patience = "10 seconds"
const portOf = ({ url }: { readonly url: string }) => Number(new URL(url).port)

export const make = <E, R>({ directory, start }: Options<E, R>) =>
  Effect.gen(function*() {
    const locks = yield* ProcessLock
    const http = yield* HttpClient.HttpClient
    const scope = yield* Effect.scope
    const requirements = yield* Effect.context<R>()
    const owned = yield* Ref.make(Option.none<typeof BackendFaults.Service>())

    const serve = (port: number) =>
      Effect.gen(function*() {
        const context = yield* Layer.build(start(port))
        const { faultsUrl, url } = Context.get(context, BackendAddress)
        const published = { url, faultsUrl: Option.getOrNull(faultsUrl), pid: process.pid }
        yield* PublishedAddress.write(directory, published)
        yield* Effect.addFinalizer(() =>
          Effect.ignoreLogged(PublishedAddress.write(directory, { ...published, pid: null }))
        )
        yield* Ref.set(owned, Option.some(Context.get(context, BackendFaults)))
        return published
      }).pipe(Effect.provide(requirements))

    /** Runs `own` holding the lock until our scope closes; `none`, and no lock, when somebody else holds it. */
    const whenHeld = <A, E2>(own: Effect.Effect<A, E2, Scope.Scope>) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function*() {
          const attempt = yield* Scope.fork(scope, ExecutionStrategy.sequential)
          const exit = yield* Effect.exit(restore(Scope.extend(
            Effect.flatMap(
              locks.tryHold(lock),
              (held) => Option.isSome(held) ? Effect.asSome(own) : Effect.succeedNone
            ),
            attempt
          )))
          if (Exit.isFailure(exit) || Option.isNone(exit.value)) yield* Scope.close(attempt, Exit.void)
          return yield* exit
        })
      )

    const ownPort = Effect.map(PublishedAddress.read(directory), Option.match({ onNone: () => 0, onSome: portOf }))
    const own = Effect.flatMap(ownPort, serve).pipe(
      Effect.catchIf((failure) => failure instanceof CannotListen, () => serve(0))
    )

    const find = Effect.gen(function*() {
      const address = yield* whenHeld(own)
      if (Option.isSome(address)) return { address: address.value, role: "owner" }
      const published = yield* PublishedAddress.read(directory)
      if (Option.isNone(published) || !PublishedAddress.isServed(published.value)) return yield* new BackendNotReady()
      return { address: published.value, role: "client" }
    }).pipe(
      Effect.retry({
        while: (failure) => failure instanceof BackendNotReady,
        schedule: Schedule.spaced("50 millis").pipe(Schedule.upTo(patience))
      }),
      Effect.tap(({ role }) => Span.annotate(Telemetry.host, { "strata.backend.role": role })),
      Span.withSpan(Telemetry.host)
    )

    const { address, role } = yield* find

    if (role === "client") {
      // Everybody who connects to this address has to find the backend there again, so no other port will do.
      const takeOver = whenHeld(serve(portOf(address))).pipe(
        Effect.tapError((failure) => Effect.logWarning(`The backend cannot be taken over: ${String(failure)}`)),
        Effect.orElseSucceed(Option.none)
      )
      yield* Effect.sleep("1 second").pipe(
        Effect.zipRight(takeOver),
        Effect.repeat({ until: Option.isSome }),
        Effect.forkScoped
      )
    }

    const applyRemotely = Effect.fnUntraced(function*(fault: Parameters<typeof FaultControl.apply>[1]) {
      const published = yield* PublishedAddress.read(directory)
      const url = Option.flatMapNullable(published, ({ faultsUrl }) => faultsUrl)
      if (Option.isNone(url)) return yield* new FaultsUnavailable()
      yield* Effect.provideService(FaultControl.apply(url.value, fault), HttpClient.HttpClient, http)
    })

    return Context.make(BackendAddress, {
      url: address.url,
      pid: address.pid ?? process.pid,
      faultsUrl: Option.fromNullable(address.faultsUrl)
    }).pipe(
      Context.add(BackendFaults, {
        apply: (fault) =>
          Effect.flatMap(
            Ref.get(owned),
            Option.match({
              onSome: (faults) => faults.apply(fault),
              onNone: () => applyRemotely(fault)
            })
          )
      })
    )
  })

/** Runs the backend, or finds the process that does. State is in the data folder, so it survives a change of process. */
export const layer = <E, R>(
  options: Options<E, R>
): Layer.Layer<
  BackendAddress | BackendFaults,
  E | StorageFailure | CannotListen | BackendNotReady,
  R | ProcessLock | HttpClient.HttpClient
> => Layer.scopedContext(make(options))
