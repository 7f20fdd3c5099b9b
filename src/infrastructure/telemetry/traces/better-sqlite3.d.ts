/** The part of the driver that the trace store and the cache use; the package has no types of its own. */
declare module "better-sqlite3" {
  class Database {
    constructor(
      filename: string,
      options?: { readonly readonly?: boolean; readonly fileMustExist?: boolean; readonly timeout?: number }
    )
    prepare(sql: string): Database.Statement
    exec(sql: string): this
    pragma(source: string, options?: { readonly simple?: boolean }): unknown
    transaction<Args extends ReadonlyArray<unknown>, Result>(
      run: (...args: Args) => Result
    ): ((...args: Args) => Result) & { readonly immediate: (...args: Args) => Result }
    close(): this
  }

  namespace Database {
    type Value = string | number | bigint | Uint8Array | null
    interface RunResult {
      readonly changes: number
      readonly lastInsertRowid: number | bigint
    }
    // @effect-diagnostics-next-line extendsNativeError:off -- the driver's own class
    class SqliteError extends Error {
      readonly code: string
    }
    interface Statement {
      run(...parameters: ReadonlyArray<Value>): RunResult
      get(...parameters: ReadonlyArray<Value>): unknown
      all(...parameters: ReadonlyArray<Value>): Array<unknown>
      iterate(...parameters: ReadonlyArray<Value>): IterableIterator<unknown>
    }
  }

  export default Database
}
