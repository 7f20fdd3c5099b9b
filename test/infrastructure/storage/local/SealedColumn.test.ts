import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Exit, FastCheck, Schema } from "effect"
import { Crypto } from "../../../../src/domain/security/Crypto.ts"
import { Locked } from "../../../../src/domain/storage/SecretFailure.ts"
import * as SealedNote from "../../../../src/infrastructure/datasources/local/SealedNote.ts"
import * as MemoryCrypto from "../../../../src/infrastructure/security/encryption/MemoryCrypto.ts"
import * as SealedColumn from "../../../../src/infrastructure/storage/local/SealedColumn.ts"

const schema = Schema.Struct({ at: Schema.DateFromNumber, amount: Schema.BigInt })
const value = { at: new Date(1_000), amount: 9_007_199_254_740_993n }
const column = { purpose: "accounts", table: "account", column: "balance", schema } as const
const key = ["ada", "1"]

const test = <E>(title: string, body: Effect.Effect<void, E, Crypto>) =>
  it.effect(title, () => Effect.provide(body, MemoryCrypto.layer))

/** Where `make`'s column binds `content` to in `row`. */
const placeOf = <A>(
  make: Effect.Effect<SealedColumn.SealedColumn<A>, never, Crypto>,
  row: SealedColumn.RowKey,
  content: A
) =>
  Effect.gen(function*() {
    const crypto = yield* Crypto
    let place = ""
    const listening = Crypto.of({
      ...crypto,
      seal: (purpose, plaintext, associatedData) => {
        place = `${purpose} ${Buffer.from(associatedData).toString("hex")}`
        return Effect.succeed(plaintext)
      }
    })
    const { seal } = yield* Effect.provideService(make, Crypto, listening)
    yield* seal(row, content)
    return place
  })

const utf8 = (text: string) => Buffer.from(text).toString("hex")

describe("a sealed column", () => {
  test(
    "gives back what the schema says, and holds nothing readable",
    Effect.gen(function*() {
      const { open, seal } = yield* SealedColumn.make(column)
      const sealed = yield* seal(key, value)
      assert.notInclude(Buffer.from(sealed).toString("latin1"), "9007199254740993")
      assert.deepStrictEqual(yield* open(key, sealed), value)
    })
  )

  test(
    "does not open in another row, column or table, or for another purpose",
    Effect.gen(function*() {
      const { open, seal } = yield* SealedColumn.make(column)
      const sealed = yield* seal(key, value)
      for (const other of [["ada", "2"], ["ada1", ""], ["ada"], ["ada", "1", ""], ["1", "ada"]]) {
        assert.strictEqual((yield* Effect.flip(open(other, sealed)))._tag, "DecryptionFailed")
      }
      const { column: _, ...unnamed } = column
      for (
        const other of [
          { ...column, column: "name" },
          { ...column, table: "accounts" },
          { ...column, purpose: "notes" },
          { ...column, table: "account7", column: "balance" },
          unnamed
        ]
      ) {
        const { open: openOther } = yield* SealedColumn.make(other)
        assert.strictEqual((yield* Effect.flip(openOther(key, sealed)))._tag, "DecryptionFailed")
      }
    })
  )

  test(
    "tells a damaged value from one that cannot be opened now",
    Effect.gen(function*() {
      const crypto = yield* Crypto
      const { openEither, seal } = yield* SealedColumn.make(column)
      const sealed = yield* seal(key, value)
      const damaged = Uint8Array.from(sealed, (byte, index) => index === sealed.length - 1 ? byte ^ 1 : byte)
      assert.isTrue(Either.isRight(yield* openEither(key, sealed)))
      assert.isTrue(Either.isLeft(yield* openEither(key, damaged)))
      const locked = Crypto.of({ ...crypto, open: () => new Locked({ fixes: [] }) })
      const later = yield* Effect.provideService(SealedColumn.make(column), Crypto, locked)
      assert.strictEqual((yield* Effect.flip(later.openEither(key, sealed)))._tag, "Locked")
    })
  )

  test(
    "is Corrupt where something authentic is not as the schema says, and shows nothing of it",
    Effect.gen(function*() {
      const { seal } = yield* SealedColumn.make({ ...column, schema: Schema.Struct({ text: Schema.String }) })
      const { open } = yield* SealedColumn.make(column)
      const failure = yield* Effect.flip(open(key, yield* seal(key, { text: "secret" })))
      assert.strictEqual(failure._tag, "Corrupt")
      assert.notInclude(String(failure) + JSON.stringify(failure), "secret")
    })
  )

  test(
    "refuses a value that is not as the schema says, and shows nothing of it",
    Effect.gen(function*() {
      const { seal } = yield* SealedColumn.make({ ...column, schema: Schema.Struct({ text: Schema.NonEmptyString }) })
      const exit = yield* Effect.exit(seal(key, { text: 17 as never, secret: "secret" } as never))
      assert.isTrue(Exit.isFailure(exit) && exit.cause._tag === "Die")
      assert.notInclude(String(exit), "secret")
    })
  )

  test(
    "no two places have the same name",
    Effect.gen(function*() {
      const part = FastCheck.oneof(
        FastCheck.constantFrom("", "1", ":", "1:", "1:a", "\\", "\\d800;", "\uD800", "\uDC00", "8\\"),
        FastCheck.string({ unit: "binary", maxLength: 3 })
      )
      const places = FastCheck.sample(FastCheck.array(part, { minLength: 3, maxLength: 4 }), 1000)
      const names = new Map<string, string>()
      for (const [table = "", name = "", ...row] of places) {
        const make = SealedColumn.make({ purpose: "p", table, column: name, schema: Schema.Null })
        const place = yield* placeOf(make, row, null)
        const told = JSON.stringify([table, name, ...row])
        assert.strictEqual(names.get(place) ?? told, told)
        names.set(place, told)
      }
    })
  )

  test(
    "of notes and their changes is bound as in every database there is",
    Effect.gen(function*() {
      const content = { title: "title", text: "text" }
      const place = (table: "notes" | "outbox") => placeOf(SealedNote.make(table), ["user-ä", "n1"], content)
      assert.strictEqual(yield* place("notes"), `notes ${utf8("5:notes6:user-ä2:n1")}`)
      assert.strictEqual(yield* place("outbox"), `notes ${utf8("6:outbox6:user-ä2:n1")}`)
    })
  )
})
