/**
 * Whether the person agreed to analytics. Nothing is stored or sent unless it is "granted".
 */
import { Schema } from "effect"

export const Consent = Schema.Literal("unset", "granted", "denied")
export type Consent = typeof Consent.Type
