/**
 * The pages that are written from the declarations: `docs/configuration.md` and `.env.example`.
 */
import { profiles } from "../constants/Profiles.ts"
import type { SettingSpec } from "./SettingSpec.ts"
import { slices } from "./Slices.ts"

export const docs = ""
export const example = ""
