/**
 * The embedded backend.
 */
import { Context } from "effect"
import { Port } from "./SettingSchemas.ts"
import * as Slice from "./Slice.ts"

export class BackendConfig extends Context.Tag("effect-strata/infrastructure/config/env/BackendConfig")<
  BackendConfig,
  {
    /** On loopback; 0 takes a free one. */
    readonly port: number
  }
>() {}

export const slice: Slice.Slice<BackendConfig> = Slice.make({
  title: "Embedded backend",
  tag: BackendConfig,
  settings: {
    port: {
      key: "STRATA_BACKEND_PORT",
      schema: Port,
      doc: "The port on loopback that the embedded backend listens on; 0 takes a free one.",
      example: "8787",
      defaults: { "*": "0" }
    }
  },
  make: (values) => values
})
