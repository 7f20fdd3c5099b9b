/**
 * Counts what keys are used for: which key, and whether it did what was asked.
 */
import * as Metrics from "../../telemetry/catalogue/Crypto.ts"
import type { Primitive } from "./Key.ts"
import type { Keyset } from "./Keyset.ts"
import * as OutputPrefix from "./OutputPrefix.ts"

const count = (primitive: Primitive, id: string, succeeded: boolean) =>
  Metrics.operations.update(1, {
    "strata.crypto.primitive": primitive,
    "strata.crypto.key_id": id,
    "strata.crypto.result": succeeded ? "ok" : "failed"
  })

/** The primary key was used. */
export const made = ({ primary, primitive }: Keyset): void => count(primitive, String(primary), true)

/** What `data` names was opened or verified, or was not. A forged id is not recorded: there are 2^32 of them. */
export const checked = ({ keys, primitive }: Keyset, data: Uint8Array, succeeded: boolean): void => {
  const id = OutputPrefix.idOf(data)
  if (keys.some((key) => key.id === id)) return count(primitive, String(id), succeeded)
  return count(primitive, succeeded ? "raw" : "unknown", succeeded)
}
