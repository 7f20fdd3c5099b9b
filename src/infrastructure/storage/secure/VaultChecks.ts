/**
 * What `doctor` looks at here. Looking changes nothing and tells no name and no value.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Option } from "effect"
import { Check } from "../../../domain/operations/Check.ts"
import { SecureStore } from "../../../domain/storage/SecureStore.ts"
import * as KeyFile from "./KeyFile.ts"

const fixes: Readonly<Record<string, string>> = {
  WrongSecret: "put back the key that the secret store was created with",
  Corrupt: "restore the file from a backup; it was left as it is",
  Tampered: "restore the file from a backup; it was left as it is",
  RolledBack: "restore the newest copy of the file",
  NewerThanApp: "update the application",
  Full: "free some space",
  Busy: "try again",
  Io: "look at the file's permissions and the disk"
}

/** The secret store can be unlocked and everything in it read. */
export const opens: Effect.Effect<Check, never, SecureStore> = Effect.gen(function*() {
  const { length } = yield* (yield* SecureStore).list
  return new Check({ name: "secret store", status: "ok", detail: `opens, ${length} entries` })
}).pipe(
  Effect.catchAll((failure) => {
    const fix = failure._tag === "Locked" ? failure.fixes.join("; or ") : fixes[failure._tag]
    return Effect.succeed(
      new Check({
        name: "secret store",
        status: "failed",
        detail: failure._tag === "Locked" ? "is locked" : failure.message,
        ...(fix === undefined || fix === "" ? {} : { fix })
      })
    )
  })
)

/** The key file is there and only its owner can read it. */
export const keyFile = (file: string): Effect.Effect<Check, never, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const info = yield* (yield* FileSystem.FileSystem).stat(file)
    return Option.match(KeyFile.tooOpen(file, info), {
      onNone: () => new Check({ name: "key file", status: "ok", detail: `${file} is readable by its owner only` }),
      onSome: ({ fixes: [fix = ""] }) =>
        new Check({ name: "key file", status: "failed", detail: `${file} is not protected from others`, fix })
    })
  }).pipe(
    Effect.catchAll(() =>
      Effect.succeed(
        new Check({
          name: "key file",
          status: "warning",
          detail: `${file} is not there yet or cannot be looked at`,
          fix: "nothing before the first sign-in; afterwards, put the key file back"
        })
      )
    )
  )
