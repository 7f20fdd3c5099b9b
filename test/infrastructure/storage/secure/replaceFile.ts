import { renameSync, writeFileSync } from "node:fs"

/** As a copy put in its place: a file changed within one tick of the file system's clock would look like the same. */
export const replaceFile = (file: string, content: Uint8Array | string): void => {
  writeFileSync(`${file}.replacement`, content, { mode: 0o600 })
  renameSync(`${file}.replacement`, file)
}
