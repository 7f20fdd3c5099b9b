import { assert, describe, it } from "@effect/vitest"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { externalApis } from "../../../../src/infrastructure/config/constants/ExternalApis.ts"

const root = join(import.meta.dirname, "../../../..")

describe("external APIs", () => {
  it("are named once, with a version and a specification that is a URL or stands here", () => {
    assert.strictEqual(new Set(externalApis.map(({ name }) => name)).size, externalApis.length)
    for (const { name, specification, version } of externalApis) {
      assert.notStrictEqual(version.trim(), "", name)
      assert.isTrue(specification.startsWith("https://") || existsSync(join(root, specification)), name)
    }
  })

  it("are spoken by folders that exist", () => {
    const folders = new Set(externalApis.flatMap(({ usedBy }) => [...usedBy]))
    assert.isAbove(folders.size, 5)
    assert.deepStrictEqual(Array.from(folders).filter((folder) => !existsSync(join(root, "src", folder))), [])
  })
})
