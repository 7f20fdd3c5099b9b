/**
 * The environment of people who build the application: a shared backend, traces kept here and sent to a collector.
 */
import * as Configuration from "./Configuration.ts"
import { compose, composeDatabaseMaintenance, composeSecrets } from "./Environment.ts"
import type { Parts } from "./Environment.ts"
import * as OutsideTransactions from "./OutsideTransactions.ts"
import { remote } from "./Remote.ts"
import * as Tracing from "./Tracing.ts"

export { compose }

/** Replace one and `compose` again to swap an adapter. */
export const parts = {
  ...remote,
  transport: OutsideTransactions.transport(remote.transport),
  socket: OutsideTransactions.socket(remote.socket),
  configuration: Configuration.layer(Configuration.sources("development")),
  telemetry: Tracing.layer({ store: true, collector: true, stackTraces: true })
} satisfies Parts

export const layer = compose(parts)

export const secrets = composeSecrets<never>(parts)

export const databaseMaintenance = composeDatabaseMaintenance<never>(parts)
