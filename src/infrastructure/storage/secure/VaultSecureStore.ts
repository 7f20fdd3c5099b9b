/**
 * `SecureStore` in one encrypted file that the processes of this machine share.
 */
import { Clock, Effect, Either, Layer, Option } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import { SecureStore } from "../../../domain/storage/SecureStore.ts"
import * as Secrets from "../../telemetry/catalogue/Secrets.ts"
import * as Span from "../../telemetry/Span.ts"
import { OpenVault } from "./OpenVault.ts"
import * as SecretModify from "./SecretModify.ts"
import type * as Vault from "./Vault.ts"
import * as VaultEntries from "./VaultEntries.ts"
import * as VaultEntry from "./VaultEntry.ts"
import * as VaultTransaction from "./VaultTransaction.ts"

type Found = Option.Option<Vault.Vault>
type Secret = VaultTransaction.Secret

const backend = { "strata.secret.backend": "vault" } as const

type Operation = "get" | "set" | "delete" | "modify" | "transaction" | "list"

const count = (operation: Operation, result: "ok" | "failed") =>
  Secrets.operations.update(1, { "strata.secret.operation": operation, "strata.secret.result": result })

const counted = (operation: Operation) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.onExit(effect, (exit) => Effect.sync(() => count(operation, exit._tag === "Success" ? "ok" : "failed")))

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

  const valueIn = (found: Found, name: string): Effect.Effect<Secret, SecretFailure> => {
    const entry = Option.isNone(found) ? Either.right(Option.none()) : VaultEntries.get(found.value, name)
    count("get", Either.isRight(entry) ? "ok" : "failed")
    if (Either.isLeft(entry)) return Effect.fail(entry.left)
    if (Option.isNone(entry.right)) return Effect.succeedNone
    const { right: { value: known } } = entry
    return known.expiresAt === 0n ? Effect.succeedSome(known.value) : Effect.map(
      Clock.currentTimeMillis,
      (now) => VaultEntry.isExpired(known, now) ? Option.none() : Option.some(known.value)
    )
  }

  return SecureStore.of({
    get: (name) =>
      Effect.suspend(() => {
        // A vault that is open already answers in microseconds, which a span would double.
        const open = vault.peek()
        if (open !== undefined) return valueIn(open, name)
        return Effect.tapErrorCause(vault.current, () => Effect.sync(() => count("get", "failed"))).pipe(
          Effect.flatMap((found) => valueIn(found, name)),
          Effect.tap((value) => Span.annotate(Secrets.secretGet, resultOf(Option.isSome(value)))),
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
        SecretModify.modifyIn(transaction, name, change).pipe(
          Effect.tap(([, result]) => Span.annotate(Secrets.secretModify, { "strata.secret.result": result })),
          Effect.map(([answer]) => answer)
        )
      ).pipe(counted("modify"), Span.withSpan(Secrets.secretModify, backend)),

    transaction: (body) =>
      withTransaction((transaction) =>
        Effect.tap(
          body(transaction),
          () => Span.annotate(Secrets.secretTransaction, { "strata.vault.changes": transaction.changes() })
        )
      ).pipe(counted("transaction"), Span.withSpan(Secrets.secretTransaction, backend)),

    changes: vault.changes
  })
})

/** Building it touches no file. `OpenVault` says which file it is. */
export const layer: Layer.Layer<SecureStore, never, OpenVault> = Layer.effect(SecureStore, make)
