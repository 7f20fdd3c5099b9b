import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { ports } from "../../../src/domain/Ports.ts"
import { profiles } from "../../../src/infrastructure/config/constants/Profiles.ts"
import { adapters } from "../../../src/infrastructure/environments/Adapters.ts"

const folder = resolve(import.meta.dirname, "../../../src/infrastructure/environments")

/** The modules that an environment imports, through the other modules of its folder. */
const importsOf = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
  for (const [, path = ""] of readFileSync(resolve(folder, file), "utf8").matchAll(/from "([^"]+)\.ts"/g)) {
    const name = path.slice(path.lastIndexOf("/") + 1)
    if (seen.has(name)) continue
    seen.add(name)
    if (path.startsWith("./")) importsOf(`${name}.ts`, seen)
  }
  return seen
}

describe("strata layers", () => {
  for (const profile of profiles) {
    it(`tells the adapter of every port in ${profile}, and only adapters which that environment imports`, () => {
      const table = adapters[profile]
      const names = ports.map(({ key }) => key.slice(key.lastIndexOf("/") + 1))
      assert.deepStrictEqual(Object.keys(table).toSorted(), names.toSorted())
      const imported = importsOf(`${profile.charAt(0).toUpperCase()}${profile.slice(1)}.ts`)
      for (const adapter of Object.values(table)) assert.isTrue(imported.has(adapter), `${adapter} is not imported`)
    })
  }
})
