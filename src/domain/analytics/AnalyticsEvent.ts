/**
 * Something a person did, as product analytics counts it.
 */
import { Schema } from "effect"

/** Only flat, named values; put nothing in here that identifies a person or comes from their content. */
export class AnalyticsEvent extends Schema.Class<AnalyticsEvent>("AnalyticsEvent")({
  name: Schema.NonEmptyString.pipe(Schema.maxLength(200)),
  properties: Schema.Record({ key: Schema.String, value: Schema.Union(Schema.String, Schema.Number, Schema.Boolean) })
}) {}
