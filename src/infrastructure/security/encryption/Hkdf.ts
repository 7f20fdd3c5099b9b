/**
 * HKDF-SHA256 (RFC 5869) without salt: subkeys of a key that is already uniformly random.
 */
import { hkdfSync } from "node:crypto"

/** 255 blocks of SHA-256. */
export const maxLength = 8160

/** Subkeys of different `info` are independent; a shorter one is a prefix of a longer one of the same `info`. */
export const derive = (key: Uint8Array, info: Uint8Array | string, length: number): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", key, new Uint8Array(0), info, length))
