/**
 * Where the backend is and how long an answer may take.
 */
import { Context } from "effect"
import type { Duration, Option } from "effect"
import { Origin, Seconds } from "./SettingSchemas.ts"
import * as Slice from "./Slice.ts"

export class ApiConfig extends Context.Tag("effect-strata/infrastructure/config/env/ApiConfig")<
  ApiConfig,
  {
    /** Scheme, host and port without a trailing slash. Absent means the embedded backend. */
    readonly url: Option.Option<string>

    /** For one request, all its attempts included. */
    readonly timeout: Duration.Duration
  }
>() {}

export const slice: Slice.Slice<ApiConfig> = Slice.make({
  title: "Backend API",
  tag: ApiConfig,
  settings: {
    url: {
      key: "STRATA_API_URL",
      schema: Origin,
      doc: "The backend. Without it `local` and `test` run the embedded backend.",
      example: "https://api.example.com",
      requiredIn: ["development", "staging", "production"]
    },
    timeout: {
      key: "STRATA_API_TIMEOUT",
      schema: Seconds,
      doc: "How long one request may take, all its attempts included, in seconds.",
      example: "10",
      defaults: { "*": "10" }
    }
  },
  make: (values) => values
})
