import { Schema } from "effect"
import type { Place } from "./Contender.ts"

/** The schema of a contender's values. */
export const texts = (version: Place["version"]): Schema.Schema<string> =>
  version === "earlier" ? Schema.String : Schema.String.pipe(Schema.startsWith("later"))
