import { Effect } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

/** A folder with the given text files, which goes with the scope. */
export const settingsFolder = (files: Readonly<Record<string, string>>) =>
  Effect.tap(temporaryFolder, (folder) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
  })
