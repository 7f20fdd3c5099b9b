/**
 * A failure as a person reads it: what happened, why, and what to do next.
 */
import { Duration, Match } from "effect"
import type { AuthFailure } from "../domain/auth/AuthFailure.ts"
import type { NoteFailure } from "../domain/notes/NoteFailure.ts"
import type { AlreadyThere, InvalidBackup, NoDatabase } from "../domain/operations/DatabaseMaintenance.ts"
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
  | AlreadyThere
  | AuthFailure
  | CommandFailed
  | CryptoFailure
  | InvalidBackup
  | InvalidExport
  | LastSlot
  | NoDatabase
  | NoteFailure
  | PushFailure
  | SlotNotFound
  | StartFailure
  | TooManySlots
  | TraceNotFound
  | UnknownSetting

/** What `strata db` looks after; other stores have ways of their own. */
const isDatabase = ({ store }: { readonly store: string }) => store === "database"

const wait = (retryAfter: Duration.Duration | undefined) =>
  retryAfter === undefined ? "Try again in a moment." : `Try again in ${Duration.format(retryAfter)}.`

/** From damage, where there is a command for it. */
const wayOut: Readonly<Record<string, string>> = {
  "secret store":
    "Run \"strata secrets restore\" for its previous state, or restore the file from a backup; nothing was overwritten.",
  database: [
    "Run \"strata db check\" to see what is damaged. Nothing was overwritten.",
    "Then put a backup in its place: \"strata db restore FILE\".",
    "Or begin with an empty one, and keep this one beside it: \"strata db quarantine\"."
  ].join("\n")
}

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
  InvalidBackup: () => "Name a file that \"strata db backup\" wrote. Nothing was changed.",
  AlreadyThere: () => "Name another file; a backup is never overwritten.",
  NoDatabase: () => "There is nothing to copy: the first start makes one.",
  Busy: (failure) =>
    isDatabase(failure)
      ? "End the other programs that use it, such as \"strata up\" or \"strata notes watch\", and try again. Nothing was changed."
      : "Wait for the other process to finish, or end it.",
  Full: (failure) =>
    isDatabase(failure)
      ? "Free some space on its disk and try again. What was written before is kept."
      : "Free some space and try again.",
  Corrupt: (failure) => wayOut[failure.store] ?? "Restore the file from a backup; nothing was overwritten.",
  ReadOnly: (failure) =>
    failure.store === "backup"
      ? "Name a file in a folder that is yours to write."
      : isDatabase(failure)
      ? "Make the file and its folder your own and writable (\"strata db check\" shows the path), or set STRATA_HOME to another folder."
      : "Make the folder writable, or set STRATA_HOME to another one.",
  NewerThanApp: (failure) =>
    failure.store === "backup"
      ? "Install the version that wrote the copy, or a newer one, and restore it with that. Nothing was changed."
      : "Install the version that wrote it, or a newer one; it was left as it is.",
  Unrecognized: (failure) =>
    isDatabase(failure)
      ? "Look whether STRATA_HOME is right (\"strata db check\" shows the path). To set the file aside and begin with an empty one: \"strata db quarantine\"."
      : "Look whether the path is right. Nothing was overwritten.",
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
