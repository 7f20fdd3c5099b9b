/**
 * `SecureStore` in one encrypted file that the processes of this machine share.
 */
import { Clock, Effect, Equal, Layer, Option } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import { SecureStore } from "../../../domain/storage/SecureStore.ts"
import * as Secrets from "../../telemetry/catalogue/Secrets.ts"
import * as Meter from "../../telemetry/Meter.ts"
import * as Span from "../../telemetry/Span.ts"
import { OpenVault } from "./OpenVault.ts"
import type * as Vault from "./Vault.ts"
import * as VaultEntries from "./VaultEntries.ts"
import * as VaultEntry from "./VaultEntry.ts"
import * as VaultTransaction from "./VaultTransaction.ts"

type Found = Option.Option<Vault.Vault>
type Secret = VaultTransaction.Secret

const backend = { "strata.secret.backend": "vault" } as const

const counted = (operation: "get" | "set" | "delete" | "modify" | "transaction" | "list") => {
  const count = (result: "ok" | "failed") =>
    Meter.add(Secrets.operations, { "strata.secret.operation": operation, "strata.secret.result": result })
  return <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.onExit(effect, (exit) => count(exit._tag === "Success" ? "ok" : "failed"))
}

const resultOf = (found: boolean) => ({ "strata.secret.result": found ? "found" : "absent" })

export const make = Effect.gen(function*() {
  const vault = yield* OpenVault

  const withTransaction = <A, E, R>(
    body: (transaction: VaultTransaction.VaultTransaction) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, SecretFailure | E, R> =>
    vault.update((found) =>
      Effect.gen(function*() {
        const transaction = yield* VaultTransaction.make(found, vault.create)
        const answer = yield* body(transaction)
        return [answer, yield* transaction.outcome] as const
      })
    )

  const valueIn = (found: Found, name: string): Effect.Effect<Secret, SecretFailure> =>
    Effect.gen(function*() {
      if (Option.isNone(found)) return Option.none()
      const entry = yield* VaultEntries.get(found.value, name)
      if (Option.isNone(entry)) return Option.none()
      const expired = entry.value.expiresAt !== 0n &&
        VaultEntry.isExpired(entry.value, yield* Clock.currentTimeMillis)
      return expired ? Option.none() : Option.some(entry.value.value)
    })

  return SecureStore.of({
    get: (name) =>
      Effect.suspend(() => {
        // A vault that is open already answers in microseconds, which a span would double.
        const open = vault.peek()
        if (open !== undefined) return counted("get")(valueIn(open, name))
        return Effect.flatMap(vault.current, (found) => valueIn(found, name)).pipe(
          Effect.tap((value) => Span.annotate(Secrets.secretGet, resultOf(Option.isSome(value)))),
          counted("get"),
          Span.withSpan(Secrets.secretGet, backend)
        )
      }),

    set: (name, value, options) =>
      withTransaction((transaction) => transaction.set(name, value, options)).pipe(
        Effect.zipRight(Span.annotate(Secrets.secretSet, { "strata.secret.result": "written" })),
        counted("set"),
        Span.withSpan(Secrets.secretSet, backend)
      ),

    remove: (name) =>
      withTransaction((transaction) => transaction.remove(name)).pipe(
        Effect.tap((removed) =>
          Span.annotate(Secrets.secretDelete, { "strata.secret.result": removed ? "removed" : "absent" })
        ),
        counted("delete"),
        Span.withSpan(Secrets.secretDelete, backend)
      ),

    has: (name) =>
      Effect.gen(function*() {
        const found = yield* vault.current
        return Option.isSome(found) && (yield* VaultEntries.has(found.value, name, yield* Clock.currentTimeMillis))
      }),

    list: Effect.gen(function*() {
      const found = yield* vault.current
      const names = Option.isNone(found)
        ? []
        : yield* VaultEntries.names(found.value, yield* Clock.currentTimeMillis)
      yield* Span.annotate(Secrets.secretList, resultOf(names.length > 0))
      return names
    }).pipe(counted("list"), Span.withSpan(Secrets.secretList, backend)),

    modify: (name, change) =>
      withTransaction((transaction) =>
        Effect.gen(function*() {
          const before = yield* transaction.get(name)
          const [answer, after] = yield* change(before)
          const unchanged = Equal.equals(before, after)
          if (!unchanged) {
            yield* Option.match(after, {
              onNone: () => transaction.remove(name),
              onSome: (value) => transaction.set(name, value)
            })
          }
          yield* Span.annotate(Secrets.secretModify, {
            "strata.secret.result": unchanged ? "unchanged" : Option.isSome(after) ? "written" : "removed"
          })
          return answer
        })
      ).pipe(counted("modify"), Span.withSpan(Secrets.secretModify, backend)),

    transaction: (body) =>
      withTransaction((transaction) =>
        Effect.tap(
          body(transaction),
          () => Span.annotate(Secrets.secretTransaction, { "strata.secret.changes": transaction.changes() })
        )
      ).pipe(counted("transaction"), Span.withSpan(Secrets.secretTransaction, backend)),

    changes: vault.changes
  })
})

/** Building it touches no file. `OpenVault` says which file it is. */
export const layer: Layer.Layer<SecureStore, never, OpenVault> = Layer.effect(SecureStore, make)
