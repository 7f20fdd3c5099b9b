/**
 * `VaultKey` that whoever starts the program hands over: on an inherited file descriptor, or as a setting.
 */
import { Effect, Fiber, Redacted } from "effect"
import type { Duration } from "effect"
import { close, read } from "node:fs"
import { Locked } from "../../../domain/storage/SecretFailure.ts"
import * as InheritedDescriptor from "./InheritedDescriptor.ts"
import type { VaultKey } from "./VaultKey.ts"
import * as VaultKeyText from "./VaultKeyText.ts"

export interface Options {
  /** A descriptor is not seen by other processes; a setting usually stands in the environment, which some may read. */
  readonly from:
    | { readonly _tag: "Descriptor"; readonly descriptor: number }
    | { readonly _tag: "Value"; readonly value: Redacted.Redacted<string> }
  /** The longest wait for the other end of the descriptor; 10 seconds when absent. */
  readonly timeout?: Duration.DurationInput
}

const locked = (fix: string) => new Locked({ fixes: [fix] })

const howTo = "give 32 random bytes as base64, such as openssl rand -base64 32 prints"

const notHandedOver = (descriptor: number) => locked(`hand over the vault's key on file descriptor ${descriptor}`)

/** Gives the number of bytes read, 0 at the end. */
const readSome = (descriptor: number, into: Uint8Array) =>
  Effect.async<number, Locked>((resume) =>
    read(descriptor, into, 0, into.length, null, (error, count) =>
      resume(
        error === null ? Effect.succeed(count) : notHandedOver(descriptor)
      ))
  )

/** The descriptor is closed however it ends, so that no program started later inherits it. Standard streams stay. */
const closing = (descriptor: number) =>
  Effect.async<void>((resume) => descriptor <= 2 ? resume(Effect.void) : close(descriptor, () => resume(Effect.void)))

/** Everything up to the end, as far as it fits into `into`. */
const fill = (descriptor: number, into: Uint8Array, filled = 0): Effect.Effect<number, Locked> =>
  filled === into.length
    ? Effect.succeed(filled)
    : Effect.flatMap(
      readSome(descriptor, into.subarray(filled)),
      (count) => count === 0 ? Effect.succeed(filled) : fill(descriptor, into, filled + count)
    )

const fromDescriptor = (descriptor: number, timeout: Duration.DurationInput) =>
  Effect.acquireUseRelease(
    Effect.sync(() => Buffer.alloc(VaultKeyText.maxLength + 1)),
    (buffer) =>
      Effect.map(fill(descriptor, buffer), (count) => VaultKeyText.parse(buffer.subarray(0, count))).pipe(
        // A read that nobody answers cannot be taken back: it is left to its thread.
        Effect.disconnect,
        Effect.timeoutFail({
          duration: timeout,
          onTimeout: () => locked(`write the vault's key to file descriptor ${descriptor} and close it`)
        }),
        Effect.flatMap((key) => Effect.mapError(key, () => locked(howTo)))
      ),
    (buffer) => Effect.zipRight(Effect.sync(() => buffer.fill(0)), closing(descriptor))
  )

const fromValue = (value: Redacted.Redacted<string>) =>
  Effect.suspend(() => VaultKeyText.parse(Buffer.from(Redacted.value(value), "utf8"))).pipe(
    Effect.mapError(() => locked(howTo))
  )

const sourceOf = (load: VaultKey["load"], status: VaultKey["status"]): VaultKey => ({
  slot: "environment",
  load,
  loadForNewVault: load,
  status
})

const statusOf = (descriptor: number, usable: boolean) =>
  Effect.succeed({ detail: `file descriptor ${descriptor}`, usable, durable: true })

/** For a descriptor that is known to have been handed over and that nobody else reads. It is read at the first use. */
export const makeFromDescriptor = (descriptor: number, timeout: Duration.DurationInput): Effect.Effect<VaultKey> =>
  // In a fiber of its own: whoever is first may be interrupted, and there is no second reading.
  Effect.map(Effect.cached(Effect.forkDaemon(fromDescriptor(descriptor, timeout))), (reading) =>
    sourceOf(Effect.flatMap(reading, Fiber.join), statusOf(descriptor, true)))

/**
 * A number means one thing in the whole process, and what it meant is gone after the first reading: the next file that is
 * opened gets it. So every vault of the process, in whatever Layer, shares one source.
 */
const shared = new Map<number, VaultKey>()

const sharedOf = (descriptor: number, timeout: Duration.DurationInput): Effect.Effect<VaultKey> =>
  Effect.gen(function*() {
    const source = shared.get(descriptor) ?? (InheritedDescriptor.isInherited(descriptor)
      ? yield* makeFromDescriptor(descriptor, timeout)
      : sourceOf(notHandedOver(descriptor), statusOf(descriptor, false)))
    const first = shared.get(descriptor) ?? source
    shared.set(descriptor, first)
    return first
  })

/**
 * A descriptor is read once in the life of the process, at the first use, and what came of it holds. One that this
 * process opened itself is neither read nor closed, which only Linux tells: there, of the numbers above 15, some count as
 * the process's own though they were handed over.
 */
export const make = ({ from, timeout = "10 seconds" }: Options): Effect.Effect<VaultKey> =>
  Effect.suspend(() => {
    if (from._tag === "Descriptor") return sharedOf(from.descriptor, timeout)
    const load = fromValue(from.value)
    const status = Effect.map(Effect.isSuccess(load), (usable) => ({ detail: "a setting", usable, durable: true }))
    return Effect.succeed(sourceOf(load, status))
  })
