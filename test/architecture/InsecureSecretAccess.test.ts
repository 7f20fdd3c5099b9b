import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const source = join(import.meta.dirname, "../../src")

describe("keys in clear", () => {
  it("are handled by the keyset formats, one keyset store and the vault's root key, and by nobody else", () => {
    const importers = readdirSync(source, { recursive: true, encoding: "utf8" })
      .filter((path) =>
        path.endsWith(".ts") && /from ".*\/InsecureSecretAccess\.ts"/.test(readFileSync(join(source, path), "utf8"))
      )
    assert.sameMembers(importers, [
      "entry/InsecureSecretAccess.ts",
      "infrastructure/security/encryption/KeysetBinary.ts",
      "infrastructure/security/encryption/KeysetJson.ts",
      "infrastructure/storage/secure/RootKey.ts",
      "infrastructure/storage/secure/SecureStoreKeysetStore.ts"
    ])
  })
})
