import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { join } from "node:path"
import { Keychain } from "../../../../src/infrastructure/security/keychain/Keychain.ts"
import * as PlatformKeychain from "../../../../src/infrastructure/security/keychain/PlatformKeychain.ts"
import * as KeychainContract from "../../../../src/testing/contract/KeychainContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

const module = join(import.meta.dirname, "native/FakeKeyring.cjs")
const nowhere = { busAddress: "", interactive: false }

suite(KeychainContract.contract, "platform", PlatformKeychain.layer({ platform: "darwin", module }))

const statusOn = (platform: NodeJS.Platform) =>
  Effect.flatMap(
    Layer.build(PlatformKeychain.layer({ platform, module, session: nowhere })),
    (context) => Context.get(context, Keychain).status
  )

describe("PlatformKeychain", () => {
  it.scopedLive("has one adapter for each platform, and no other in its place", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* statusOn("linux"), { _tag: "Unavailable", reason: "NoSessionBus" })
      assert.deepInclude(yield* statusOn("win32"), { _tag: "Available", backend: "windows-credentials" })
      assert.deepStrictEqual(yield* statusOn("aix"), { _tag: "Unavailable", reason: "UnsupportedPlatform" })
    }))
})
