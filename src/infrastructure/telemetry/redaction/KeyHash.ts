/**
 * Stands for a cache key, user or message id in telemetry.
 */
import { createHmac } from "node:crypto"

/** Eight hexadecimal digits that mean something only together with this installation's own `salt`. */
export const keyHash = (salt: string | Uint8Array, key: string): string =>
  createHmac("sha256", salt).update(key).digest("hex").slice(0, 8)
