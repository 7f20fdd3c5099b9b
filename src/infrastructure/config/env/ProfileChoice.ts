/**
 * Chooses the profile, before anything else can be read.
 */
import { Either, Option, Schema } from "effect"
import { InvalidSettings } from "../../../domain/operations/Setting.ts"
import type { SettingIssue } from "../../../domain/operations/Setting.ts"
import { Profile, profiles } from "../constants/Profiles.ts"
import { givenBy } from "./Merge.ts"
import { nearest } from "./Nearest.ts"
import { profileSetting } from "./ProfileConfig.ts"
import type { Sources } from "./Sources.ts"
import * as Wording from "./Wording.ts"

const invalid = (profile: string, issue: SettingIssue) => Either.left(new InvalidSettings({ profile, issues: [issue] }))

/** Fails when there is no such profile, or none is chosen where `NODE_ENV` says that this is production. */
export const profileOf = (sources: Sources): Either.Either<Profile, InvalidSettings> => {
  for (const { entries, origin } of givenBy(sources, [])) {
    const text = entries.get(profileSetting.key)
    if (text === undefined) continue
    return Option.match(Schema.decodeOption(Profile)(text as Profile), {
      onSome: Either.right,
      onNone: () =>
        invalid(
          Wording.shown(text),
          Wording.notAcceptable(profileSetting, text, origin, nearest(text.slice(0, 80).toLowerCase(), profiles))
        )
    })
  }
  return sources.environment["NODE_ENV"] === "production"
    ? invalid("unset", Wording.profileMissing(profileSetting.key))
    : Either.right(profileSetting.defaults["*"])
}
