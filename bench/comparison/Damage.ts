/**
 * What disks and other versions do to files.
 */
import Database from "better-sqlite3"
import { closeSync, openSync, readdirSync, rmSync, writeSync } from "node:fs"
import { join } from "node:path"

/** The one database in the folder, whatever it is called. */
export const sqliteFile = (folder: string): string => {
  const [name, ...others] = readdirSync(folder).filter((file) => file.endsWith(".db"))
  if (name === undefined || others.length > 0) throw new Error(`There is no single database in ${folder}`)
  return join(folder, name)
}

/** Its log goes as well: it would put back what it holds. */
export const overwriteStart = (file: string): void => {
  for (const suffix of ["-wal", "-shm"]) rmSync(file + suffix, { force: true })
  const descriptor = openSync(file, "r+")
  writeSync(descriptor, Buffer.alloc(8192, "garbage "), 0, 8192, 0)
  closeSync(descriptor)
}

export const updateAll = (file: string, update: string): void => {
  const database = new Database(file)
  const { changes } = database.prepare(update).run()
  database.close()
  if (changes === 0) throw new Error("There was nothing to damage")
}
