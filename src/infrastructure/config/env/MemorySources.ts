/**
 * Sources made of records: nothing of the process or the disk is read.
 */
import { Effect, Option } from "effect"
import type { Sources } from "./Sources.ts"

export interface Records {
  readonly overrides?: Readonly<Record<string, string>>
  readonly environment?: Readonly<Record<string, string>>

  /** Text by path, such as `.env.local` or `config/production.json`. */
  readonly files?: Readonly<Record<string, string>>
}

export const make = ({ environment = {}, files = {}, overrides = {} }: Records = {}): Sources => ({
  overrides,
  environment,
  read: (path) => Effect.succeed(Option.fromNullable(files[path])),
  platform: "linux",
  home: "/home/ada"
})
