import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { chmodSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as PinnedFile from "../../../../src/infrastructure/storage/secure/PinnedFile.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"

describe("a pinned file", () => {
  it.scoped("is released once, however often it is asked for", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      chmodSync(folder, 0o700)
      const file = join(folder, "file")
      writeFileSync(file, "x", { mode: 0o600 })
      const pinned = Option.getOrThrow(yield* PinnedFile.pin(file))
      PinnedFile.release(pinned)
      assert.doesNotThrow(() => PinnedFile.release(pinned))
      assert.isTrue(PinnedFile.isCurrent(pinned))
    }))
})
