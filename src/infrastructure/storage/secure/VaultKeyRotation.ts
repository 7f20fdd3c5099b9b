/**
 * Replacing the keys of a vault that may be in use: each step is one durable write, under the vault's lock.
 */
import { Effect, Either, Option, Stream } from "effect"
import type { Progress } from "../../../domain/operations/Maintenance.ts"
import { Locked } from "../../../domain/storage/SecretFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import * as Secrets from "../../telemetry/catalogue/Secrets.ts"
import * as Span from "../../telemetry/Span.ts"
import type { OpenVault } from "./OpenVault.ts"
import type { Vault } from "./Vault.ts"
import * as VaultRotation from "./VaultRotation.ts"
import * as VaultSlots from "./VaultSlots.ts"

type Open = typeof OpenVault.Service

/** Others wait for as long as this many entries take: some milliseconds. */
const batch = 500

const progressOf = (vault: Vault): Progress => {
  const total = vault.file.entries.size
  return { done: total - VaultRotation.pending(vault), total }
}

/** One write. Without a vault there is nothing to do. */
const step = <E>(
  open: Open,
  key: "data-key" | "root-key",
  change: (vault: Vault) => Effect.Effect<Vault, E>
) =>
  open.update((found) =>
    Option.isNone(found)
      ? Effect.succeed([{ progress: { done: 0, total: 0 }, isUnfinished: false }, found] as const)
      : Effect.map(change(found.value), (changed) =>
        [
          { progress: progressOf(changed), isUnfinished: VaultRotation.isUnfinished(changed) },
          Option.some(changed)
        ] as const)
  ).pipe(
    Effect.tap(({ progress: { done, total } }) =>
      Span.annotate(Secrets.rotate, { "strata.vault.pending": total - done })
    ),
    Span.withSpan(Secrets.rotate, { "strata.vault.key": key })
  )

/** A rotation that did not end is ended; no other is begun then. */
export const dataKey = (open: Open): Stream.Stream<Progress, SecretFailure> => {
  const begin = step(
    open,
    "data-key",
    (vault) => Effect.succeed(VaultRotation.isUnfinished(vault) ? vault : VaultRotation.rotateDataKey(vault))
  )
  const goOn = step(open, "data-key", (vault) => VaultRotation.reencrypt(vault, batch))
  return Stream.unfoldEffect(Option.some(begin), (next: Option.Option<typeof begin>) =>
    Option.isNone(next)
      ? Effect.succeedNone
      : Effect.map(next.value, ({ isUnfinished, progress }) =>
        Option.some([progress, isUnfinished ? Option.some(goOn) : Option.none()] as const)))
}

/** The entries stay as they are: what seals them is sealed by the new root key. */
export const rootKey = (open: Open): Stream.Stream<Progress, SecretFailure> =>
  Stream.fromEffect(
    Effect.map(
      step(open, "root-key", (vault) =>
        Effect.flatMap(open.keysOf(vault.file), (keys) =>
          Either.mapLeft(
            VaultSlots.rotateRoot(vault, keys),
            () => new Locked({ fixes: ["unlock it first: no key of any of its slots is at hand"] })
          ))),
      (): Progress => ({ done: 1, total: 1 })
    )
  )
