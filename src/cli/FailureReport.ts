/**
 * A failure as a person reads it: what happened, why, and what to do next.
 */
import { Duration, Match } from "effect"
import type { AuthFailure } from "../domain/auth/AuthFailure.ts"
import type { NoteFailure } from "../domain/notes/NoteFailure.ts"
import type { InvalidExport, LastSlot, SlotNotFound, TooManySlots } from "../domain/operations/Maintenance.ts"
import type { InvalidSettings } from "../domain/operations/Setting.ts"
import type { UnknownSetting } from "../domain/operations/Settings.ts"
import type { StartFailure } from "../domain/operations/StartFailure.ts"
import type { TraceNotFound } from "../domain/operations/Traces.ts"
import type { PushFailure } from "../domain/push/PushFailure.ts"
import type { CryptoFailure } from "../domain/security/CryptoFailure.ts"
import type { CommandFailed } from "./CommandFailed.ts"
import { bold, columns, dim, printable, red } from "./Output.ts"

export type Failure =
  | AuthFailure
  | CommandFailed
  | CryptoFailure
  | InvalidExport
  | LastSlot
  | NoteFailure
  | PushFailure
  | SlotNotFound
  | StartFailure
  | TooManySlots
  | TraceNotFound
  | UnknownSetting

const wait = (retryAfter: Duration.Duration | undefined) =>
  retryAfter === undefined ? "Try again in a moment." : `Try again in ${Duration.format(retryAfter)}.`

/** What the person can do, per failure. */
export const next = Match.typeTags<Failure>()({
  CommandFailed: (failure) => failure.next,
  InvalidSettings: () => "Run \"strata config explain\" to see where every value comes from.",
  UnknownSetting: () => "Run \"strata config explain\" for the list of settings.",
  TraceNotFound: (failure) =>
    failure.candidates.length === 0
      ? "Run \"strata traces ls\" for the recorded traces."
      : `Give more digits of one of: ${failure.candidates.join(", ")}`,
  NoteNotFound: () => "Run \"strata notes list\" for the notes on this device.",
  InvalidCredentials: () => "Check both and run \"strata login\" again.",
  Unauthenticated: () => "Run \"strata login\".",
  Offline: () =>
    "Check the network and the backend's address (\"strata doctor\"). What you wrote is kept and sent later.",
  Unavailable: (failure) => wait(failure.retryAfter),
  RateLimited: (failure) => wait(failure.retryAfter),
  Forbidden: () => "Ask the owner of the account for access.",
  NotFound: () => "It may have been deleted; run \"strata notes sync\".",
  Conflict: () => "Run \"strata notes sync\" and look at what changed.",
  Rejected: () => "Correct what is named above.",
  UpgradeRequired: () => "Install the current version.",
  OutcomeUnknown: () => "Look whether it happened before doing it again.",
  NotRegistered: () => "Register this device first.",
  DecryptionFailed: () => "The data was left as it is. Run \"strata doctor\".",
  Locked: (failure) => failure.fixes.join("\n"),
  WrongSecret: () =>
    "Check it and try again; \"strata secrets doctor\" shows what opens the store. Nothing was changed.",
  KeyLost: () =>
    "Restore the key from a backup, or run a command in a terminal and give the passphrase or recovery code. Nothing was deleted.",
  Tampered: () =>
    "Restore the file from a backup, or run \"strata secrets restore\" for its previous state. Nothing was deleted.",
  RolledBack: () => "Put the newer file back; or, to go on with this one, run \"strata secrets accept-rollback\".",
  LastSlot: () => "Add another first: \"strata secrets slots add passphrase\".",
  SlotNotFound: () => "Run \"strata secrets doctor\" for the slots and key sources there are.",
  TooManySlots: () => "Run \"strata secrets slots\" for their ids, then \"strata secrets slots rm ID\".",
  InvalidExport: () => "Nothing was changed.",
  Busy: () => "Wait for the other process to finish, or end it.",
  Full: () => "Free some space and try again.",
  Corrupt: (failure) =>
    failure.store === "secret store"
      ? "Run \"strata secrets restore\" for its previous state, or restore the file from a backup; nothing was overwritten."
      : "Restore the file from a backup; nothing was overwritten.",
  ReadOnly: () => "Make the folder writable, or set STRATA_HOME to another one.",
  NewerThanApp: () => "Install the version that wrote it, or a newer one.",
  Io: () => "Check that the folder is there and yours to write, and that its disk works."
})

/** What happened, without what to do. A lock is named for what it protects. */
export const headline = (failure: Failure): string =>
  failure._tag === "Locked"
    ? "The secret store is locked"
    : failure.message.replace(/secret-store-[0-9a-f]+ lock/, "secret store")

const issueLines = (failure: InvalidSettings): ReadonlyArray<string> => [
  "",
  ...columns(
    failure.issues.flatMap(({ fix, key, origin, problem }) => [
      [`  ${bold(key)}`, problem],
      ["", `from: ${origin}`],
      ...(fix === undefined ? [] : [["", `fix:  ${fix}`]])
    ])
  ),
  ""
]

/** Lines for standard error. Failures carry no secrets, but may carry names from files: control characters are shown. */
export const report = (failure: Failure): ReadonlyArray<string> => [
  `${red("✖")} ${printable(headline(failure))}`,
  ...(failure._tag === "InvalidSettings" ? issueLines(failure) : []),
  ...next(failure).split("\n").filter((line) => line !== "").map((line) => dim(`  ${printable(line)}`))
]
