/**
 * The prepared statements of one connection to a cache file, called directly: they are so short that the client around
 * the driver, made for any statement, would cost several times what they do. Everything throws what the driver throws.
 */
import { SqlError } from "@effect/sql/SqlError"
import Database from "better-sqlite3"
import { Effect } from "effect"
import type { Scope } from "effect"

export interface Statements {
  readonly all: <Row>(sql: string, ...parameters: ReadonlyArray<Database.Value>) => ReadonlyArray<Row>
  readonly get: <Row>(sql: string, ...parameters: ReadonlyArray<Database.Value>) => Row | undefined
  readonly run: (sql: string, ...parameters: ReadonlyArray<Database.Value>) => Database.RunResult

  /** Statements without rows, not kept. SQLite sets some pragmas while it prepares them. */
  readonly exec: (sql: string) => void
}

export interface Options {
  /** A path, or `:memory:`. A file must be there. */
  readonly filename: string
  readonly readonly: boolean
  readonly pragmas: ReadonlyArray<string>
}

/** Waiting inside SQLite blocks the event loop. */
const timeout = 2

const openDatabase = ({ filename, pragmas, readonly }: Options) => {
  const database = new Database(filename, { readonly, fileMustExist: filename !== ":memory:", timeout })
  try {
    for (const pragma of pragmas) database.exec(`PRAGMA ${pragma}`)
    return database
  } catch (cause) {
    database.close()
    throw cause
  }
}

/** The texts are constants: there are as many statements as the code has. */
const keep = (database: Database): Statements => {
  const prepared = new Map<string, Database.Statement>()
  const statement = (sql: string) => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const fresh = database.prepare(sql)
    prepared.set(sql, fresh)
    return fresh
  }
  return {
    all: <Row>(sql: string, ...parameters: ReadonlyArray<Database.Value>) =>
      statement(sql).all(...parameters) as Array<Row>,
    get: <Row>(sql: string, ...parameters: ReadonlyArray<Database.Value>) => statement(sql).get(...parameters) as Row,
    run: (sql, ...parameters) => statement(sql).run(...parameters),
    exec: (sql) => void database.exec(sql)
  }
}

/** Fails with what the driver throws. Closed with the scope. */
export const open = (options: Options): Effect.Effect<Statements, SqlError, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.try({ try: () => openDatabase(options), catch: (cause) => new SqlError({ cause }) }),
      (database) => Effect.sync(() => database.close())
    ),
    keep
  )
