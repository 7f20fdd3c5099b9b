/**
 * The streams of `KeysetCrypto`: failures of the source pass as they are, and what is wrong with a ciphertext is not told.
 */
import { Effect, Option, Stream } from "effect"
import { DecryptionFailed } from "../../../domain/security/CryptoFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import { NewerThanApp } from "../../../domain/storage/StorageFailure.ts"
import * as KeyUse from "./KeyUse.ts"
import type * as PurposeKeysets from "./PurposeKeysets.ts"
import * as StreamingAead from "./StreamingAead.ts"

type Keysets = PurposeKeysets.PurposeKeysets<"StreamingAead">

/** A failure of the source, which may be of any type, those of ciphertexts included. */
class Upstream<E> {
  readonly failure: E
  constructor(failure: E) {
    this.failure = failure
  }
}

const marked = <E, R>(source: Stream.Stream<Uint8Array, E, R>) =>
  Stream.mapError(source, (failure) => new Upstream(failure))

const noPrefix = new Uint8Array(0)

export const seal = (keysets: Keysets) =>
<E, R>(
  purpose: string,
  plaintext: Stream.Stream<Uint8Array, E, R>,
  associatedData: Uint8Array
): Stream.Stream<Uint8Array, E | SecretFailure, R> =>
  Stream.unwrap(
    Effect.map(keysets.current(purpose), (keyset) =>
      StreamingAead.seal(keyset, marked(plaintext), associatedData).pipe(
        Stream.onEnd(Effect.sync(() => KeyUse.made(keyset))),
        Stream.catchAll((failure): Stream.Stream<never, E | NewerThanApp> => {
          if (failure instanceof Upstream) return Stream.fail(failure.failure)
          if (failure._tag === "UnsupportedKey") {
            return Stream.fail(new NewerThanApp({ store: "keyset", operation: "seal" }))
          }
          // 2^32 segments of a mebibyte.
          return Stream.die(failure)
        })
      ))
  )

export const open = (keysets: Keysets) =>
<E, R>(
  purpose: string,
  ciphertext: Stream.Stream<Uint8Array, E, R>,
  associatedData: Uint8Array
): Stream.Stream<Uint8Array, E | DecryptionFailed | SecretFailure, R> =>
  // Streams name no key, so an old keyset is not noticed; reading it again costs nothing beside a stream.
  Stream.unwrap(Effect.map(keysets.latest(purpose), (found) => {
    if (Option.isNone(found)) return Stream.fail(new DecryptionFailed())
    const keyset = found.value
    const count = (succeeded: boolean) => Effect.sync(() => KeyUse.checked(keyset, noPrefix, succeeded))
    return StreamingAead.open(keyset, marked(ciphertext), associatedData).pipe(
      Stream.onEnd(count(true)),
      // A source that fails says nothing about the key.
      Stream.tapError((failure) => failure instanceof Upstream ? Effect.void : count(false)),
      Stream.mapError((failure) => failure instanceof Upstream ? failure.failure : new DecryptionFailed())
    )
  }))
