/**
 * `Crypto` whose keys live and die with the layer: what one sealed, no other opens.
 */
import { Layer } from "effect"
import type { Crypto } from "../../../domain/security/Crypto.ts"
import * as KeysetCrypto from "./KeysetCrypto.ts"
import * as MemoryKeysetStore from "./MemoryKeysetStore.ts"

/** The same code as `KeysetCrypto`, over keys in memory. */
export const layer: Layer.Layer<Crypto> = Layer.provide(KeysetCrypto.layer, MemoryKeysetStore.layer)
