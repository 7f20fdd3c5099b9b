/**
 * `Settings` over records.
 */
import type { Layer } from "effect"
import type { Settings } from "../../../domain/operations/Settings.ts"
import * as EnvSettings from "./EnvSettings.ts"
import * as MemorySources from "./MemorySources.ts"

export const layer = (records: MemorySources.Records = {}): Layer.Layer<Settings> =>
  EnvSettings.layer(MemorySources.make(records))
