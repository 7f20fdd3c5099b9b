/**
 * Production's adapters with staging's values.
 */
import * as Configuration from "./Configuration.ts"
import { compose, composeDatabaseMaintenance, composeSecrets } from "./Environment.ts"
import type { Parts } from "./Environment.ts"
import { remote } from "./Remote.ts"
import * as Tracing from "./Tracing.ts"

export { compose }

/** Replace one and `compose` again to swap an adapter. */
export const parts = {
  ...remote,
  configuration: Configuration.layer(Configuration.sources("staging")),
  telemetry: Tracing.layer({ store: false, collector: true, stackTraces: false })
} satisfies Parts

export const layer = compose(parts)

export const secrets = composeSecrets<never>(parts)

export const databaseMaintenance = composeDatabaseMaintenance<never>(parts)
