/**
 * Where product analytics go, and whether the person has opted out for every program.
 */
import { Context, Option } from "effect"
import type { Redacted } from "effect"
import { OptOut, SecretKey, SecureUrl } from "./SettingSchemas.ts"
import * as Slice from "./Slice.ts"

export class AnalyticsConfig extends Context.Tag("effect-strata/infrastructure/config/env/AnalyticsConfig")<
  AnalyticsConfig,
  {
    /** Events go to `<url>/v1/batch`. */
    readonly destination: Option.Option<{ readonly url: string; readonly writeKey: Redacted.Redacted }>
    readonly doNotTrack: boolean
  }
>() {}

export const slice: Slice.Slice<AnalyticsConfig> = Slice.make({
  title: "Analytics",
  tag: AnalyticsConfig,
  settings: {
    url: {
      key: "STRATA_ANALYTICS_URL",
      schema: SecureUrl,
      doc: "A receiver of Segment's HTTP tracking API; events go to `/v1/batch` under it.",
      example: "https://events.example.com",
      group: "analytics"
    },
    writeKey: {
      key: "STRATA_ANALYTICS_WRITE_KEY",
      schema: SecretKey,
      doc: "The write key of that receiver.",
      example: "a write key",
      secret: true,
      group: "analytics"
    },
    doNotTrack: {
      key: "DO_NOT_TRACK",
      schema: OptOut,
      doc: "Opts out of analytics in every program that honours it; anything but 0, false, no or off does.",
      example: "1",
      defaults: { "*": "0" }
    }
  },
  make: ({ doNotTrack, url, writeKey }) => ({ destination: Option.all({ url, writeKey }), doNotTrack })
})
