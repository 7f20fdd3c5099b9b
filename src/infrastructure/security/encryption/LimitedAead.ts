/**
 * Sealing with keys that may be used a limited number of times: messages are counted before they are sealed, for ever and
 * for all processes, in blocks reserved in the `KeysetStore`. What is left of a block is lost when the process ends.
 */
import { Effect } from "effect"
import * as Aead from "./Aead.ts"
import * as Keyset from "./Keyset.ts"
import { KeyExhausted } from "./KeysetFailure.ts"
import { KeysetStore } from "./KeysetStore.ts"

interface Options {
  /** Messages one AES_256_GCM key may seal: random nonces of 12 bytes are safe for 2^32 (SP 800-38D, 8.3). */
  readonly limit: number

  /** Messages reserved at once. Divides `limit`. */
  readonly block: number
}

const standard: Options = { limit: 2 ** 32, block: 2 ** 16 }

export const make = ({ block, limit }: Options = standard) =>
  Effect.gen(function*() {
    const store = yield* KeysetStore
    const alone = yield* Effect.makeSemaphore(1)

    /** Messages reserved and not yet sealed, by keyset name and key. Grows with the keys this process seals with. */
    const reserved = new Map<string, number>()

    const take = (slot: string): boolean => {
      const left = reserved.get(slot) ?? 0
      if (left > 0) reserved.set(slot, left - 1)
      return left > 0
    }

    const reserve = (name: string, id: number, slot: string) =>
      Effect.suspend(() =>
        take(slot)
          ? Effect.void
          : Effect.flatMap(store.reserve(name, id, block, limit), (granted) => {
            if (!granted) return new KeyExhausted({ id })
            reserved.set(slot, block - 1)
            return Effect.void
          })
      ).pipe(alone.withPermits(1))

    /**
     * Seals with the primary key of the keyset that the store knows as `name`. XAES_256_GCM keys are safe for 2^80
     * messages and not counted.
     */
    const seal = (
      name: string,
      keyset: Keyset.Keyset<"Aead">,
      plaintext: Uint8Array,
      associatedData: Uint8Array
    ) =>
      Effect.flatMap(Keyset.primaryKey(keyset), ({ algorithm, id }) => {
        if (algorithm === "XAES_256_GCM") return Effect.succeed(Aead.seal(keyset, plaintext, associatedData))
        const slot = `${id}/${name}`
        return take(slot)
          ? Effect.succeed(Aead.seal(keyset, plaintext, associatedData))
          : Effect.map(reserve(name, id, slot), () => Aead.seal(keyset, plaintext, associatedData))
      })

    return { seal }
  })
