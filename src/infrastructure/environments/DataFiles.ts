/**
 * Where the files of a device are.
 */
import { join } from "node:path"
import type { FoldersConfig } from "../config/env/FoldersConfig.ts"

type Folders = typeof FoldersConfig.Service

export const databaseFile = ({ data }: Folders) => join(data, "strata.db")
export const cacheFile = ({ cache }: Folders) => join(cache, "cache.db")
export const vaultFile = ({ data }: Folders) => join(data, "vault")
export const vaultKeyFile = ({ config }: Folders) => join(config, "vault-key")
