/**
 * One kept session with the Secret Service, opened at the first call and again after the service or the bus restarted.
 */
import { Effect, Exit, Option, Schema, Scope } from "effect"
import * as Connection from "../dbus/Connection.ts"
import { DBusMalformed } from "../dbus/DBusFailure.ts"
import type { DBusFailure } from "../dbus/DBusFailure.ts"
import * as SessionBus from "../dbus/SessionBus.ts"
import { variant } from "../dbus/Value.ts"
import type { Value, Variant } from "../dbus/Value.ts"
import * as Failures from "./Failures.ts"
import * as Names from "./Names.ts"
import * as SessionCipher from "./SessionCipher.ts"

export interface ServiceSession {
  readonly connection: Connection.Connection
  /** The service's unique name. Calls to it never reach a successor, which does not know our session. */
  readonly owner: string
  readonly path: string
  readonly cipher: SessionCipher.SessionCipher
}

export interface SessionKeeper {
  /** Runs `body` on the kept session, once more on a new one when the old one's service is gone. */
  readonly use: <A, E>(
    body: (session: ServiceSession) => Effect.Effect<A, E>
  ) => Effect.Effect<A, E | DBusFailure>
}

const opened = Schema.is(Schema.Tuple(Schema.Struct({ signature: Schema.String, value: Schema.Any }), Schema.String))

const negotiate = (connection: Connection.Connection, algorithm: string, input: Variant) =>
  Effect.gen(function*() {
    const reply = yield* connection.call({
      destination: Names.service,
      path: Names.servicePath,
      interface: Names.serviceInterface,
      member: "OpenSession",
      signature: "sv",
      body: [algorithm, input]
    })
    const [output, path] = yield* Connection.bodyOf(opened)(reply)
    return { owner: reply.sender ?? "", path, output: output.value as Value }
  })

const encrypted = (connection: Connection.Connection) =>
  Effect.gen(function*() {
    const keys = SessionCipher.diffieHellman()
    const input = variant("ay", keys.publicKey)
    const { output, owner, path } = yield* negotiate(connection, SessionCipher.algorithm, input)
    const cipher = output instanceof Uint8Array ? keys.agree(output) : Option.none()
    if (Option.isNone(cipher)) return yield* new DBusMalformed({ what: "public key" })
    return { connection, owner, path, cipher: cipher.value }
  })

const plain = (connection: Connection.Connection) =>
  Effect.map(negotiate(connection, "plain", variant("s", "")), ({ owner, path }) => ({
    connection,
    owner,
    path,
    cipher: SessionCipher.plain
  }))

const open = (addresses: string): Effect.Effect<ServiceSession, DBusFailure, Scope.Scope> =>
  Effect.flatMap(SessionBus.open(addresses), (connection) =>
    Effect.catchIf(
      encrypted(connection),
      // What the API tells a service to answer that knows the session type `plain` only.
      (failure) => failure._tag === "DBusError" && failure.name === "org.freedesktop.DBus.Error.NotSupported",
      () => plain(connection)
    ))

/** The session is closed with the scope. */
export const make = (addresses: string): Effect.Effect<SessionKeeper, never, Scope.Scope> =>
  Effect.gen(function*() {
    let kept: { readonly session: ServiceSession; readonly scope: Scope.CloseableScope } | undefined
    const opening = yield* Effect.makeSemaphore(1)

    const drop = (session: ServiceSession | undefined) =>
      Effect.suspend(() => {
        const old = kept
        if (old === undefined || (session !== undefined && old.session !== session)) return Effect.void
        kept = undefined
        return Scope.close(old.scope, Exit.void)
      })
    yield* Effect.addFinalizer(() => drop(undefined))

    const current = () => kept?.session.connection.isOpen() === true ? kept.session : undefined

    const reopen = Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const session = current()
        if (session !== undefined) return session
        yield* drop(undefined)
        const scope = yield* Scope.make()
        const exit = yield* Effect.exit(restore(Scope.extend(open(addresses), scope)))
        if (Exit.isFailure(exit)) return yield* Effect.zipRight(Scope.close(scope, exit), exit)
        kept = { session: exit.value, scope }
        return exit.value
      })
    )

    const session = Effect.suspend(() => {
      const now = current()
      return now === undefined ? opening.withPermits(1)(reopen) : Effect.succeed(now)
    })

    const use: SessionKeeper["use"] = (body) =>
      Effect.flatMap(session, (first) =>
        Effect.catchAll(body(first), (failure) =>
          Failures.isStale(failure)
            ? Effect.zipRight(drop(first), Effect.flatMap(session, body))
            : Effect.fail(failure)))

    return { use }
  })
