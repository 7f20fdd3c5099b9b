/**
 * Everything that configuration is read from.
 */
import { Data } from "effect"
import type { Effect, Option } from "effect"

/** A file is there and cannot be read, or is no regular file, or is larger than 1 MiB. */
export class FileUnreadable extends Data.TaggedError("FileUnreadable")<{ readonly path: string }> {}

export interface Sources {
  /** `--set KEY=value`: goes before everything else. */
  readonly overrides: Readonly<Record<string, string>>
  readonly environment: Readonly<Record<string, string | undefined>>

  /** None when there is no such file. Relative paths stand for files of the folder that the program runs in. */
  readonly read: (path: string) => Effect.Effect<Option.Option<string>, FileUnreadable>

  /** As `process.platform`. */
  readonly platform: string

  /** The person's home folder. */
  readonly home: string
}
