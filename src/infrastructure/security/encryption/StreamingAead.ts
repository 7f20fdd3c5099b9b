/**
 * Authenticated encryption of data of any length under a keyset, in the wire format of Tink's AES-GCM-HKDF streaming
 * keys. The keyset's prefix is not part of it: opening tries the keys on the first segment.
 */
import { Either, Stream } from "effect"
import type { DecryptionFailed } from "../../../domain/security/CryptoFailure.ts"
import * as Keyset from "./Keyset.ts"
import type { UnsupportedKey } from "./KeysetFailure.ts"
import * as SegmentStream from "./SegmentStream.ts"
import type { StreamFailure, StreamTooLong } from "./StreamFailure.ts"

/** Seals under the primary key; every run of the stream gets a header of its own. */
export const seal = <E, R>(
  keyset: Keyset.Keyset<"StreamingAead">,
  plaintext: Stream.Stream<Uint8Array, E, R>,
  associatedData: Uint8Array
): Stream.Stream<Uint8Array, E | StreamTooLong | UnsupportedKey, R> =>
  Either.match(Keyset.primaryKey(keyset), {
    onLeft: Stream.fail,
    onRight: (key) => SegmentStream.seal(key, plaintext, associatedData)
  })

/**
 * Gives each segment once it is authenticated, and fails when the end is not where it should be: what came before such
 * a failure is void. Where nothing may be seen before that is known, open a file with `StreamingFile`.
 */
export const open = <E, R>(
  keyset: Keyset.Keyset<"StreamingAead">,
  ciphertext: Stream.Stream<Uint8Array, E, R>,
  associatedData: Uint8Array
): Stream.Stream<Uint8Array, E | DecryptionFailed | StreamFailure, R> =>
  SegmentStream.open(Keyset.usableKeys(keyset), ciphertext, associatedData)
