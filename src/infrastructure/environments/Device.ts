/**
 * The parts that use this machine: its disk and its network.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { Effect, Layer } from "effect"
import { join } from "node:path"
import { FoldersConfig } from "../config/env/FoldersConfig.ts"
import * as WsSocket from "../network/websocket/WsSocket.ts"
import * as PreferredPasswordHashing from "../security/encryption/PreferredPasswordHashing.ts"
import * as SqlCache from "../storage/cache/SqlCache.ts"
import { LocalDatabase } from "../storage/local/LocalDatabase.ts"
import * as SqliteDatabaseMaintenance from "../storage/local/SqliteDatabaseMaintenance.ts"
import * as SqliteLocalDatabase from "../storage/local/SqliteLocalDatabase.ts"
import * as SqliteProcessLock from "../storage/local/SqliteProcessLock.ts"
import * as Connections from "./Connections.ts"
import { liveTables, migrations } from "./Database.ts"
import { cacheFile, databaseFile } from "./DataFiles.ts"

const inFolders = <A, E, R>(make: (folders: typeof FoldersConfig.Service) => Layer.Layer<A, E, R>) =>
  Layer.unwrapEffect(Effect.map(FoldersConfig, make))

export const device = {
  files: Layer.merge(NodeFileSystem.layer, NodePath.layer),
  processLock: inFolders(({ state }) => SqliteProcessLock.layer({ folder: join(state, "locks") })),
  database: inFolders((folders) =>
    Layer.scoped(
      LocalDatabase,
      SqliteDatabaseMaintenance.whileOpening()(
        SqliteLocalDatabase.make({ filename: databaseFile(folders), migrations, live: liveTables })
      )
    )
  ),
  databaseMaintenance: inFolders((folders) =>
    SqliteDatabaseMaintenance.layer({ filename: databaseFile(folders), migrations })
  ),
  cache: inFolders((folders) => SqlCache.layerSealed({ filename: cacheFile(folders) })),
  passwordHashing: PreferredPasswordHashing.layer,
  transport: Connections.transport,
  socket: WsSocket.layer
}
