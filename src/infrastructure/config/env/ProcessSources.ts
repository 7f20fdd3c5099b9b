/**
 * The sources of the running process: the only place that reads the process environment.
 */
import { Effect } from "effect"
import { readFile, stat } from "node:fs/promises"
import { homedir } from "node:os"
import { resolve } from "node:path"
import { FileUnreadable } from "./Sources.ts"
import type { Sources } from "./Sources.ts"

const largest = 1024 * 1024

const isAbsent = (error: unknown) =>
  error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")

const read = (folder: string): Sources["read"] => (path) => {
  const file = resolve(folder, path)
  const unreadable = new FileUnreadable({ path })
  return Effect.tryPromise({ try: () => stat(file), catch: (error) => (isAbsent(error) ? undefined : unreadable) })
    .pipe(
      Effect.flatMap((found) =>
        found.isFile() && found.size <= largest
          ? Effect.tryPromise({ try: () => readFile(file, "utf8"), catch: () => unreadable })
          : unreadable
      ),
      Effect.asSome,
      Effect.catchAll((failure) => failure ?? Effect.succeedNone)
    )
}

/** The environment as it is now. Files are looked for in the working folder unless `folder` names another. */
export const make = (
  options: { readonly overrides?: Readonly<Record<string, string>>; readonly folder?: string } = {}
): Sources => {
  const environment = { ...process.env }
  return {
    overrides: options.overrides ?? {},
    environment: process.platform === "win32"
      // Windows does not tell upper from lower case in these names; a copy of them does.
      ? Object.fromEntries(Object.entries(environment).map(([key, value]) => [key.toUpperCase(), value]))
      : environment,
    read: read(options.folder ?? process.cwd()),
    platform: process.platform,
    home: homedir()
  }
}
