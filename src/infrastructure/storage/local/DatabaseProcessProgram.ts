/**
 * What a `DatabaseProcess` runs, as text: a program cannot be a file of its own in a bundle. One call per process, which
 * ends with its parent.
 */
export const databaseProcessProgram = `"use strict"
process.on("disconnect", () => process.exit())
// Ctrl-C at a terminal goes to every process there; what becomes of this one is for its parent to say.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {})

const isDamage = (error) => /^SQLITE_(CORRUPT|NOTADB)/.test(String(error.code))

const sizeOf = (path) => require("node:fs").statSync(path, { throwIfNoEntry: false })?.size ?? 0

// A copy may come from anywhere: nothing in its schema may call what has effects.
const open = (file, options) => {
  // SQLite removes the log of a file that was cut to nothing, also when it only reads.
  if (sizeOf(file) === 0 && sizeOf(file + "-wal") > 0) {
    throw Object.assign(new Error("the file is empty, and its log is not"), { code: "SQLITE_CORRUPT" })
  }
  const db = new Database(file, { fileMustExist: true, timeout: 5000, ...options })
  db.pragma("trusted_schema = OFF")
  db.pragma("cell_size_check = ON")
  return db
}

const readSchema = (db) => db.prepare("SELECT count(*) FROM sqlite_schema").get()

// The rule of ApplicationFile.
const isRecognized = (db, applicationId) => {
  const mark = db.pragma("application_id", { simple: true })
  if (mark !== 0) return mark === applicationId
  if (db.prepare("SELECT 1 FROM sqlite_schema").get() === undefined) return true
  const columns = db.prepare("SELECT name FROM pragma_table_info('migrations')").pluck().all()
  return ["id", "name", "applied_at"].every((name) => columns.includes(name))
}

const stepsOf = (db) => {
  if (db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'").get() === undefined) return []
  return db.prepare("SELECT * FROM migrations ORDER BY id LIMIT 10000").all()
    .map(({ checksum, id, name }) => ({ id: Number(id), name: String(name), checksum: checksum ?? undefined }))
}

const orphansOf = (db) =>
  db.prepare("SELECT DISTINCT \\"table\\" AS child, parent FROM pragma_foreign_key_check LIMIT 20").all()
    .map(({ child, parent }) => "rows of " + child + " refer to rows of " + parent + " that are not there")

const inspect = ({ applicationId, depth, file }) => {
  const problems = []
  // A schema that is not ours, or lost a table, is a finding; a disk that fails is none.
  const attempt = (look, otherwise) => {
    try {
      return look()
    } catch (error) {
      if (!isDamage(error) && error.code !== "SQLITE_ERROR") throw error
      if (!problems.includes(error.message)) problems.push(error.message)
      return otherwise
    }
  }
  const db = attempt(() => open(file, { readonly: true }))
  if (db === undefined) return { problems, steps: [], isRecognized: true }
  try {
    attempt(() => readSchema(db))
    const lines = depth === "schema" ? [] : attempt(() => db.pragma(depth + "(20)", { simple: false }).map((row) => String(row[depth])), [])
    problems.push(...lines.flatMap((line) => line.split("\\n")).filter((line) => line !== "ok" && line !== ""))
    if (depth === "integrity_check") problems.push(...attempt(() => orphansOf(db), []))
    const recognized = attempt(() => isRecognized(db, applicationId), true)
    const steps = recognized ? attempt(() => stepsOf(db), []) : []
    return { problems: [...new Set(problems)].slice(0, 20), steps, isRecognized: recognized }
  } finally {
    db.close()
  }
}

const reading = (read) => {
  try {
    return read()
  } catch (error) {
    throw Object.assign(error, { reading: true })
  }
}

// The open snapshot keeps the copy from starting again whenever others write.
const copy = async ({ from, to }) => {
  const source = reading(() => open(from, { readonly: true }))
  try {
    source.exec("BEGIN")
    reading(() => readSchema(source))
    await source.backup(to, { progress: () => 256 })
  } finally {
    source.close()
  }
  const target = open(to)
  try {
    // One file that can be read anywhere, also where nothing can be written.
    target.pragma("journal_mode = DELETE")
  } finally {
    target.close()
  }
}

// Exclusive locking mode is refused as long as anybody else has the write-ahead log open.
const hold = ({ applicationId, file }) => {
  let db
  let sound = true
  try {
    db = open(file, { timeout: 1000 })
    db.pragma("locking_mode = EXCLUSIVE")
    readSchema(db)
    // The log of another application's file would be written into this one.
    sound = isRecognized(db, applicationId)
    if (sound) {
      // With two names and a log at one of them, whoever opens it by that name later would take back what came after.
      db.pragma("journal_mode = DELETE")
      db.pragma("locking_mode = NORMAL")
      db.exec("BEGIN EXCLUSIVE")
    }
  } catch (error) {
    if (!isDamage(error)) {
      db?.close()
      throw error
    }
    sound = false
  }
  // Closing it undoes the lock, and writes what is in the log: what was not to be touched is let go without.
  process.prependListener("disconnect", () => sound ? db.close() : process.kill(process.pid, "SIGKILL"))
  return { sound }
}

let Database

process.once("message", async ({ base, ...call }) => {
  try {
    Database = require("node:module").createRequire(base)("better-sqlite3")
    process.send({ value: await { copy, hold, inspect }[call.call](call) })
  } catch (error) {
    process.send({ failure: { code: error.code, message: error.message, reading: error.reading === true } })
  }
})
`
