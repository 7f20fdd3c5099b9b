import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted } from "effect"
import { AccountStore, layer } from "../../../src/backend/store/AccountStore.ts"
import {
  HashingUnavailable,
  InvalidPasswordHash,
  PasswordHashing
} from "../../../src/domain/security/PasswordHashing.ts"
import { UnsupportedPasswordHash } from "../../../src/domain/security/PasswordHashing.ts"
import { Full } from "../../../src/domain/storage/StorageFailure.ts"
import { LocalDatabase } from "../../../src/infrastructure/storage/local/LocalDatabase.ts"
import { database } from "../TestBackend.ts"

/** Hashes are `<cost>:<password>`; those of a lower cost are to be hashed again. Counts its work. */
const hashing = (cost: number, work: { count: number }) =>
  Layer.succeed(PasswordHashing, {
    hash: (password) =>
      Effect.sync(() => {
        work.count += 1
        return `${cost}:${Redacted.value(password)}`
      }),
    verify: (password, hash) => {
      const [its, text] = hash.split(":")
      if (its === "argon2id") return new UnsupportedPasswordHash({ algorithm: its })
      if (text === undefined) return new InvalidPasswordHash()
      work.count += 1
      const valid = text === Redacted.value(password)
      return Effect.succeed({ valid, needsRehash: valid && Number(its) < cost })
    }
  })

const stuck = Layer.succeed(PasswordHashing, { hash: () => Effect.never, verify: () => Effect.never })

const unavailable = new HashingUnavailable({ algorithm: "argon2id" })
const outOfMemory = Layer.succeed(PasswordHashing, { hash: () => unavailable, verify: () => unavailable })

const ada = "ada@example.com"
const secret = (text: string) => Redacted.make(text)

const storedHash = Effect.gen(function*() {
  const { read, sql } = yield* LocalDatabase
  const [row] = yield* read(sql<{ readonly password_hash: string }>`SELECT password_hash FROM accounts`)
  return row?.password_hash
})

const store = (hash: string) =>
  Effect.flatMap(
    LocalDatabase,
    ({ sql, writeTransaction }) =>
      writeTransaction(sql`INSERT INTO accounts (id, username, display_name, password_hash)
      VALUES ('a', ${ada}, 'ada', ${hash}) ON CONFLICT (username) DO UPDATE SET password_hash = ${hash}`)
  )

const signsIn = (password: string) =>
  Effect.flatMap(AccountStore, (accounts) => accounts.authenticate(ada, secret(password))).pipe(
    Effect.map(Option.isSome)
  )

/** What is stored, once it is what is done beside the rest. */
const eventually = (hash: string) =>
  Effect.zipRight(Effect.yieldNow(), storedHash).pipe(
    Effect.repeat({ until: (stored) => stored === hash, times: 1000 })
  )

/** A store of its own over the same database, such as another start has. */
const restarted = Layer.fresh(layer).pipe(Layer.provide(hashing(2, { count: 0 })))

const fullDisk = Layer.effect(
  LocalDatabase,
  Effect.map(LocalDatabase, (usable) => ({
    ...usable,
    writeTransaction: () => new Full({ store: "backend", operation: "write" })
  }))
)

const withStore = <A, E>(body: (work: { count: number }) => Effect.Effect<A, E, AccountStore | LocalDatabase>) =>
  Effect.suspend(() => {
    const work = { count: 0 }
    return Effect.provide(
      body(work),
      layer.pipe(Layer.provide(hashing(2, work)), Layer.provideMerge(database()))
    )
  })

describe("AccountStore", () => {
  it.effect("a sign-in replaces a hash that is weaker than new ones, a wrong password does not", () =>
    withStore(() =>
      Effect.gen(function*() {
        yield* store("1:right")
        assert.isFalse(yield* signsIn("wrong"))
        assert.strictEqual(yield* storedHash, "1:right")
        assert.isTrue(yield* signsIn("right"))
        assert.strictEqual(yield* storedHash, "2:right")
        assert.isTrue(yield* signsIn("right"))
      })
    ))

  it.effect("nobody signs in with a hash that is malformed or not supported", () =>
    withStore(() =>
      Effect.gen(function*() {
        for (const hash of ["malformed", "argon2id:right"]) {
          yield* store(hash)
          assert.isFalse(yield* signsIn("right"))
          assert.strictEqual(yield* storedHash, hash)
        }
      })
    ))

  it.effect("a hash that cannot be computed costs as much as a wrong password", () =>
    withStore((work) =>
      Effect.gen(function*() {
        for (const hash of ["malformed", "argon2id:right"]) {
          yield* store(hash)
          work.count = 0
          assert.isFalse(yield* signsIn("right"))
          assert.strictEqual(work.count, 1)
        }
      })
    ))

  it.effect("an unknown username costs as much as a wrong password", () =>
    withStore((work) =>
      Effect.gen(function*() {
        assert.isFalse(yield* signsIn("right"))
        assert.strictEqual(work.count, 1)
        yield* store("2:right")
        assert.isFalse(yield* signsIn("wrong"))
        assert.strictEqual(work.count, 2)
      })
    ))

  it.effect("seeding an account that exists waits for no hash", () =>
    withStore(() =>
      Effect.gen(function*() {
        yield* store("2:former")
        const { username } = yield* Effect.provide(
          Effect.flatMap(AccountStore, (accounts) => accounts.seed(ada, secret("new"))),
          Layer.provide(Layer.fresh(layer), stuck)
        )
        assert.strictEqual(username, ada)
      })
    ))

  it.effect("seeding an account again changes nothing", () =>
    withStore(() =>
      Effect.gen(function*() {
        const accounts = yield* AccountStore
        const first = yield* accounts.seed(ada, secret("right"))
        assert.deepStrictEqual(yield* accounts.seed(ada, secret("right")), first)
        assert.isTrue(yield* signsIn("right"))
        assert.isFalse(yield* signsIn("wrong"))
      })
    ))

  it.effect("a seeded account takes its new password and no longer the one before", () =>
    withStore(() =>
      Effect.gen(function*() {
        yield* store("2:former")
        yield* (yield* AccountStore).seed(ada, secret("new"))
        assert.isFalse(yield* signsIn("former"))
        assert.isTrue(yield* signsIn("new"))
        assert.strictEqual(yield* storedHash, "2:new")
        assert.isFalse(yield* signsIn("former"))
      })
    ))

  it.effect("the password before does not come back when the account is no longer seeded", () =>
    withStore(() =>
      Effect.gen(function*() {
        yield* store("2:leaked")
        yield* (yield* AccountStore).seed(ada, secret("new"))
        assert.strictEqual(yield* eventually("2:new"), "2:new")
        yield* Effect.gen(function*() {
          assert.isFalse(yield* signsIn("leaked"))
          assert.isTrue(yield* signsIn("new"))
        }).pipe(Effect.provide(restarted))
      })
    ))

  it.effect("a seeded account signs in while its hash cannot be stored", () =>
    withStore(() =>
      Effect.gen(function*() {
        yield* store("2:former")
        yield* (yield* AccountStore).seed(ada, secret("new"))
        assert.isTrue(yield* signsIn("new"))
        assert.isFalse(yield* signsIn("former"))
        assert.strictEqual(yield* storedHash, "2:former")
      }).pipe(Effect.provide(Layer.provide(restarted, fullDisk)))
    ))

  it.effect("a seeded account signs in whatever became of its hash", () =>
    withStore(() =>
      Effect.gen(function*() {
        yield* (yield* AccountStore).seed(ada, secret("pa\u00dfw\u00f6rt"))
        yield* store("malformed")
        assert.isTrue(yield* signsIn("pa\u00dfwo\u0308rt"))
        assert.strictEqual(yield* storedHash, "2:pa\u00dfwo\u0308rt")
      })
    ))

  it.effect("while hashing is unavailable a password is neither right nor wrong, known or not, and nothing changes", () =>
    withStore(() =>
      Effect.gen(function*() {
        const short = Layer.provide(Layer.fresh(layer), outOfMemory)
        const failureOf = (password: string) => Effect.flip(Effect.provide(signsIn(password), short))
        assert.deepStrictEqual(yield* failureOf("right"), unavailable)
        for (const hash of ["1:right", "malformed"]) {
          yield* store(hash)
          assert.deepStrictEqual(yield* failureOf("right"), unavailable)
          assert.deepStrictEqual(yield* failureOf("wrong"), unavailable)
          assert.strictEqual(yield* storedHash, hash)
        }
      })
    ))

  it.effect("while hashing is unavailable a known account can be seeded, and a new one cannot", () =>
    withStore(() =>
      Effect.gen(function*() {
        const seeds = Effect.flatMap(AccountStore, (accounts) => accounts.seed(ada, secret("new"))).pipe(
          Effect.zipLeft(Effect.repeatN(Effect.yieldNow(), 20)),
          Effect.provide(Layer.provide(Layer.fresh(layer), outOfMemory))
        )
        assert.deepStrictEqual(yield* Effect.flip(seeds), unavailable)
        assert.isUndefined(yield* storedHash)
        yield* store("2:former")
        assert.strictEqual((yield* seeds).username, ada)
        assert.strictEqual(yield* storedHash, "2:former")
      })
    ))
})
