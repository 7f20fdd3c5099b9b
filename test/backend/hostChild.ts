/** One client of a data folder: `node hostChild.mjs <folder>` prints the backend's address and runs until it is killed. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { Effect, Layer, Redacted } from "effect"
import { join } from "node:path"
import * as Backend from "../../src/backend/Backend.ts"
import { BackendAddress } from "../../src/backend/BackendAddress.ts"
import * as BackendHost from "../../src/backend/BackendHost.ts"
import { migrations } from "../../src/backend/Migrations.ts"
import * as MemoryCrypto from "../../src/infrastructure/security/encryption/MemoryCrypto.ts"
import * as MemoryPasswordHashing from "../../src/infrastructure/security/encryption/MemoryPasswordHashing.ts"
import * as SqliteLocalDatabase from "../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import * as SqliteProcessLock from "../../src/infrastructure/storage/local/SqliteProcessLock.ts"

const folder = process.argv[2] ?? "."

const stores = Layer.mergeAll(
  SqliteLocalDatabase.layer({ filename: join(folder, "backend.db"), migrations }),
  MemoryCrypto.layer,
  MemoryPasswordHashing.layer
)

const host = BackendHost.layer({
  directory: folder,
  start: (port) =>
    Layer.provide(
      Backend.server({
        port,
        analyticsWriteKey: Redacted.make("write-key"),
        accounts: [{ username: "ada", password: Redacted.make("engine") }]
      }),
      stores
    )
}).pipe(Layer.provide([SqliteProcessLock.layer({ folder: join(folder, "locks") }), FetchHttpClient.layer]))

const announce = Effect.flatMap(BackendAddress, ({ url }) => Effect.sync(() => process.stdout.write(`${url}\n`)))

NodeRuntime.runMain(Layer.launch(Layer.provide(Layer.effectDiscard(announce), host)))
