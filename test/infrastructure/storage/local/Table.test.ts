import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Exit, FastCheck, Option, Schema } from "effect"
import type { Migration } from "../../../../src/infrastructure/storage/local/Migration.ts"
import * as SqliteLocalDatabase from "../../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import * as Table from "../../../../src/infrastructure/storage/local/Table.ts"

const Owner = Schema.String.pipe(Schema.brand("Owner"))

const Row = Schema.Struct({
  owner: Owner,
  itemId: Schema.Int,
  text: Schema.String,
  real: Schema.Number,
  large: Schema.BigIntFromSelf,
  largest: Schema.OptionFromNullOr(Schema.BigIntFromSelf),
  isDone: Table.Flag,
  bornOn: Schema.DateFromNumber,
  changedAt: Schema.OptionFromNullOr(Schema.DateTimeUtcFromNumber),
  bytes: Schema.Uint8ArrayFromSelf,
  tags: Schema.parseJson(Schema.Array(Schema.String))
})
type Row = typeof Row.Type

const table = Table.define({ name: "item", row: Row, primaryKey: ["owner", "itemId"] })

const createItem: Migration = {
  id: 1,
  name: "create_item",
  run: (sql) =>
    Effect.asVoid(sql`
      CREATE TABLE item (
        owner TEXT NOT NULL, item_id INTEGER NOT NULL, text TEXT NOT NULL, real REAL NOT NULL, large INTEGER NOT NULL,
        largest INTEGER, is_done INTEGER NOT NULL, born_on INTEGER NOT NULL, changed_at INTEGER, bytes BLOB NOT NULL,
        tags TEXT NOT NULL, PRIMARY KEY (owner, item_id)
      ) STRICT`)
}

const open = Effect.map(SqliteLocalDatabase.make({ filename: ":memory:", migrations: [createItem] }), (database) => ({
  ...database,
  items: table(database.sql)
}))

const row: Row = {
  owner: Owner.make("ada"),
  itemId: 1,
  text: "naïve 🗻 \u0000 'quoted'",
  real: 0.1,
  large: 9_007_199_254_740_993n,
  largest: Option.some(-9_223_372_036_854_775_808n),
  isDone: true,
  bornOn: new Date(1_000),
  changedAt: Option.some(DateTime.unsafeMake(1_700_000_000_123)),
  bytes: Uint8Array.of(0, 1, 255),
  tags: ["a", "b"]
}

const same = (found: Option.Option<Row>, wanted: Row) =>
  assert.deepStrictEqual(
    Option.map(found, (each) => ({ ...each, bytes: Uint8Array.from(each.bytes) })),
    Option.some(wanted)
  )

const keys = (found: ReadonlyArray<Row>) => found.map(({ itemId, owner }) => `${owner}${itemId}`).join()

const dies = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.exit(effect), (exit) => {
    assert.isTrue(Exit.isFailure(exit) && exit.cause._tag === "Die")
    return String(exit)
  })

const int64 = FastCheck.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const text = FastCheck.string({ unit: "binary", maxLength: 50 }).filter((value) => !/\p{Surrogate}/u.test(value))
const millis = FastCheck.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 })
const option = <A>(value: FastCheck.Arbitrary<A>) => FastCheck.option(value).map(Option.fromNullable)

const rows: FastCheck.Arbitrary<Row> = FastCheck.record({
  owner: text.map((value) => Owner.make(value)),
  itemId: FastCheck.maxSafeInteger().map((value) => value + 0),
  text,
  real: FastCheck.double({ noNaN: true, noDefaultInfinity: false }).filter((value) => !Object.is(value, -0)),
  large: int64,
  largest: option(int64),
  isDone: FastCheck.boolean(),
  bornOn: millis.map((value) => new Date(value)),
  changedAt: option(millis.map((value) => DateTime.unsafeMake(value))),
  bytes: FastCheck.uint8Array({ maxLength: 100 }),
  tags: FastCheck.array(FastCheck.string({ unit: "binary", maxLength: 10 }))
})

describe("a typed table", () => {
  it.scoped("gives back any row as it was", () =>
    Effect.gen(function*() {
      const { items } = yield* open
      yield* Effect.forEach(FastCheck.sample(rows, 300), (each) =>
        Effect.gen(function*() {
          yield* items.upsert(each)
          same(yield* items.find(each), each)
          yield* items.remove(each)
        }))
    }))

  it.scoped("gives back 1 MiB, and nothing at all, as they were", () =>
    Effect.gen(function*() {
      const { items } = yield* open
      const large = { ...row, text: "é".repeat(512 * 1024), bytes: new Uint8Array(1024 * 1024).fill(7) }
      yield* items.upsert(large)
      same(yield* items.find(row), large)
      const empty = { ...row, owner: Owner.make(""), text: "", bytes: new Uint8Array(), tags: [] }
      yield* items.upsert(empty)
      same(yield* items.find(empty), empty)
    }))

  it.scoped("keeps every digit of a bigint, and gives numbers beside it, however often each statement runs", () =>
    Effect.gen(function*() {
      const { items, sql } = yield* open
      yield* items.insert(row)
      for (let time = 0; time < 3; time += 1) {
        same(yield* items.find(row), row)
        const [plain] = yield* sql<{ readonly item_id: number }>`SELECT item_id FROM item`
        assert.strictEqual(plain?.item_id, 1)
      }
    }))

  it.scoped("lists the rows of a part of the primary key, in its order", () =>
    Effect.gen(function*() {
      const { items } = yield* open
      for (const [owner, itemId] of [["b", 2], ["a", 3], ["b", -1]] as const) {
        yield* items.insert({ ...row, owner: Owner.make(owner), itemId })
      }
      assert.strictEqual(keys(yield* items.list({ owner: Owner.make("b") })), "b-1,b2")
      assert.strictEqual(keys(yield* items.list({})), "a3,b-1,b2")
      assert.deepStrictEqual(yield* items.list({ owner: Owner.make("c") }), [])
    }))

  it.scoped("upsert changes the row of its key only, and leaves columns alone that the row leaves out", () =>
    Effect.gen(function*() {
      const { items, sql } = yield* open
      yield* items.insert(row)
      yield* items.insert({ ...row, itemId: 2 })
      const Part = Schema.Struct({ ...Row.fields, largest: Schema.optional(Schema.BigIntFromSelf) })
      const part = Table.define({ name: "item", row: Part, primaryKey: ["owner", "itemId"] })(sql)
      const { largest: _, ...rest } = row
      yield* part.upsert({ ...rest, real: 2.5 })
      yield* part.upsert({ ...rest, real: 3.5, largest: undefined })
      same(yield* items.find(row), { ...row, real: 3.5 })
      same(yield* items.find({ ...row, itemId: 2 }), { ...row, itemId: 2 })
    }))

  it.scoped("insert of a key that is there is a defect; remove of one that is not succeeds", () =>
    Effect.gen(function*() {
      const { items, writeTransaction } = yield* open
      yield* writeTransaction(items.remove(row))
      yield* writeTransaction(items.insert(row))
      yield* dies(writeTransaction(items.insert(row)))
      yield* writeTransaction(items.remove(row))
      assert.isTrue(Option.isNone(yield* items.find(row)))
    }))

  it.scoped("a key that leaves a field out finds and removes nothing: it is a defect", () =>
    Effect.gen(function*() {
      const { sql } = yield* open
      yield* sql`CREATE TABLE numbered (id INTEGER PRIMARY KEY, text TEXT)`
      const Numbered = Schema.Struct({ id: Schema.optional(Schema.Number), text: Schema.String })
      const numbered = Table.define({ name: "numbered", row: Numbered, primaryKey: ["id"] })(sql)
      yield* numbered.insert({ text: "a" })
      yield* numbered.insert({ text: "b" })
      yield* dies(numbered.remove({}))
      yield* dies(numbered.find({}))
      assert.lengthOf(yield* numbered.list({}), 2)
      yield* numbered.remove({ id: 1 })
      assert.deepStrictEqual(yield* numbered.list({}), [{ id: 2, text: "b" }])
    }))

  it.scoped("refuses what SQLite would keep as something else, and shows nothing of it", () =>
    Effect.gen(function*() {
      const { items } = yield* open
      const odd: ReadonlyArray<Partial<Row>> = [
        { real: Number.NaN },
        { bornOn: new Date(Number.NaN) },
        { text: "secret \uD800" },
        { text: "\uDC00 secret" },
        { owner: Owner.make("secret \uD800") },
        { large: 2n ** 63n },
        { largest: Option.some(-(2n ** 63n) - 1n) },
        { itemId: 1.5 }
      ]
      for (const each of odd) {
        assert.notInclude(yield* dies(items.insert({ ...row, ...each })), "secret")
        assert.notInclude(yield* dies(items.upsert({ ...row, ...each })), "secret")
      }
      assert.deepStrictEqual(yield* items.list({}), [])
    }))

  it.scoped("a row that something else wrote is Corrupt, and its values are in no message", () =>
    Effect.gen(function*() {
      const { items, read, sql } = yield* open
      for (const change of ["tags = 'secret {'", "is_done = 7", "is_done = 9007199254740993"]) {
        yield* items.upsert(row)
        yield* sql.unsafe(`UPDATE item SET ${change}`)
        const failure = yield* Effect.flip(read(items.find(row)))
        assert.strictEqual(failure._tag, "Corrupt")
        assert.notInclude(String(failure) + JSON.stringify(failure), "secret")
      }
    }))
})
