/**
 * The places this application runs in. A profile picks values; the environment module of the same name picks Layers.
 */
import { Schema } from "effect"

export const profiles = ["local", "development", "staging", "production", "test"] as const

export const Profile = Schema.Literal(...profiles)
export type Profile = typeof Profile.Type
