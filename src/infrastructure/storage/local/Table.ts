/**
 * The statements that most tables need, with rows as a Schema says. Fields are named as in TypeScript (`updatedAt`),
 * their columns as in SQL (`updated_at`). The table itself is a migration's matter.
 */
import { SafeIntegers } from "@effect/sql/SqlClient"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Option, Schema, SchemaAST } from "effect"
import { Corrupt } from "../../../domain/storage/StorageFailure.ts"

/** A boolean as SQLite keeps it. */
export const Flag = Schema.transformLiterals([0, false], [1, true])

export interface Options<Row extends object, Columns extends object, Key extends string & keyof Row & keyof Columns> {
  readonly name: string
  /**
   * Encoded to what SQLite keeps: `Flag`, `OptionFromNullOr`, `DateTimeUtcFromNumber`, `Uint8ArrayFromSelf`, `parseJson`.
   * A `bigint` column keeps every digit. A field that is optional and left out keeps its column's value, or its default.
   */
  readonly row: Schema.Schema<Row, Columns>
  readonly primaryKey: readonly [Key, ...ReadonlyArray<Key>]
  /** The database as the user knows it; `database` unless told. */
  readonly store?: string
}

/** They fail only as the machine can; what cannot be stored (`NaN`, a lone surrogate, more than 64 bits) is a defect. */
export interface Statements<Row, Key> {
  readonly insert: (row: Row) => Effect.Effect<void, SqlError>
  /** Inserts the row, or changes the one that has its primary key. */
  readonly upsert: (row: Row) => Effect.Effect<void, SqlError>
  readonly find: (key: Key) => Effect.Effect<Option.Option<Row>, SqlError | Corrupt>
  /** The rows that have this part of the primary key, in its order. A single one that cannot be decoded is `Corrupt`. */
  readonly list: (key: Partial<Key>) => Effect.Effect<ReadonlyArray<Row>, SqlError | Corrupt>
  /** Succeeds when it is absent already. */
  readonly remove: (key: Key) => Effect.Effect<void, SqlError>
}

const columnOf = (field: string) => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const holdsBigInt = (ast: SchemaAST.AST): boolean =>
  SchemaAST.isBigIntKeyword(ast) || (SchemaAST.isUnion(ast) && ast.types.some(holdsBigInt)) ||
  (SchemaAST.isRefinement(ast) && holdsBigInt(ast.from))

/** The driver would store something else without a word: NULL, or U+FFFD. */
const isStorable = (value: unknown) =>
  typeof value === "number"
    ? !Number.isNaN(value)
    : typeof value === "bigint"
    ? BigInt.asIntN(64, value) === value
    : typeof value !== "string" || !/\p{Surrogate}/u.test(value)

export const define = <Row extends object, Columns extends object, Key extends string & keyof Row & keyof Columns>(
  { name, primaryKey, row, store = "database" }: Options<Row, Columns, Key>
) => {
  const fields = SchemaAST.getPropertySignatures(SchemaAST.encodedAST(row.ast))
  const names = fields.map((field) => String(field.name))
  const bigInts = new Set(fields.filter(({ type }) => holdsBigInt(type)).map((field) => field.name))
  const decode = Schema.decodeUnknown(row)

  const encodeBy = <A, I extends object>(schema: Schema.Schema<A, I>) => {
    const encode = Schema.encode(schema)
    return (given: A): Effect.Effect<Record<string, unknown>> =>
      Effect.flatMap(
        // A ParseError holds the row's values.
        Effect.orElse(encode(given), () => Effect.dieMessage(`A row of "${name}" is not as its schema says`)),
        (encoded) => {
          const values = Object.entries(encoded).filter(([, value]) => value !== undefined)
          const [odd] = values.find(([, value]) => !isStorable(value)) ?? []
          return odd === undefined
            ? Effect.succeed(Object.fromEntries(values.map(([field, column]) => [columnOf(field), column])))
            : Effect.dieMessage(`"${odd}" of "${name}" cannot be stored as it is`)
        }
      )
  }
  const encodeRow = encodeBy(row)
  const encodePart = encodeBy(Schema.partial(Schema.pick<Row, Columns, Array<Key>>(...primaryKey)(row)))

  /** One that leaves a field out would mean more rows than one. */
  const encodeKey = (key: Pick<Row, Key>) =>
    Effect.filterOrDieMessage(
      encodePart(key),
      (columns) => Object.keys(columns).length === primaryKey.length,
      `A key of "${name}" is not whole`
    )

  const decodeRow = (found: Readonly<Record<string, unknown>>) =>
    decode(Object.fromEntries(names.map((field) => {
      const column = found[columnOf(field)]
      return [field, typeof column === "bigint" && !bigInts.has(field) ? Number(column) : column]
    }))).pipe(Effect.mapError(() => new Corrupt({ store, operation: `read ${name}` })))

  return (sql: SqlClient): Statements<Row, Pick<Row, Key>> => {
    const table = sql(name)
    const selected = sql.csv(names.map((field) => sql`${sql(columnOf(field))}`))
    const ordered = sql.csv(primaryKey.map((field) => sql`${sql(columnOf(field))}`))
    const having = (values: Record<string, unknown>) =>
      sql.and(Object.entries(values).map(([column, value]) => sql`${sql(column)} = ${value}`))

    const select = (columns: Record<string, unknown>) =>
      Effect.gen(function*() {
        const rows = yield* sql`SELECT ${selected} FROM ${table} WHERE ${having(columns)} ORDER BY ${ordered}`
        return yield* Effect.forEach(rows, decodeRow)
      }).pipe(Effect.provideService(SafeIntegers, bigInts.size > 0))

    return {
      insert: (value) =>
        Effect.flatMap(encodeRow(value), (columns) => sql`INSERT INTO ${table} ${sql.insert(columns)}`),

      upsert: (value) =>
        Effect.flatMap(encodeRow(value), (columns) => {
          const isKey = (column: string) => primaryKey.some((field) => columnOf(field) === column)
          const changes = Object.keys(columns).filter((column) => !isKey(column)).map((column) =>
            sql`${sql(column)} = excluded.${sql(column)}`
          )
          return sql`
            INSERT INTO ${table} ${sql.insert(columns)} ON CONFLICT (${ordered}) DO
            ${changes.length === 0 ? sql`NOTHING` : sql`UPDATE SET ${sql.csv(changes)}`}`
        }),

      find: (wanted) => Effect.map(Effect.flatMap(encodeKey(wanted), select), ([found]) => Option.fromNullable(found)),
      list: (wanted) => Effect.flatMap(encodePart(wanted), select),
      remove: (wanted) =>
        Effect.flatMap(encodeKey(wanted), (columns) => sql`DELETE FROM ${table} WHERE ${having(columns)}`)
    }
  }
}
