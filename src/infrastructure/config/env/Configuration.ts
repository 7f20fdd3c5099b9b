/**
 * The configuration as a whole: merged first, decoded once with every problem, handed out in slices.
 */
import { Array as Arr, Effect, Layer, Option } from "effect"
import type { Context } from "effect"
import { InvalidSettings, Setting } from "../../../domain/operations/Setting.ts"
import type { SettingIssue } from "../../../domain/operations/Setting.ts"
import type { Profile } from "../constants/Profiles.ts"
import * as Decode from "./Decode.ts"
import * as Merge from "./Merge.ts"
import { profileOf } from "./ProfileChoice.ts"
import * as SettingsFiles from "./SettingsFiles.ts"
import { contextOf, settings } from "./Slices.ts"
import type { Slices } from "./Slices.ts"
import type { Sources } from "./Sources.ts"
import * as Unknown from "./Unknown.ts"
import * as Wording from "./Wording.ts"

/** What can be said about a configuration, usable or not. */
export interface Inspection {
  readonly profile: Profile

  /** Every setting, in the order of the documentation. */
  readonly settings: ReadonlyArray<Setting>
  readonly warnings: ReadonlyArray<SettingIssue>

  /** Why it cannot be used; empty when it can. */
  readonly issues: ReadonlyArray<SettingIssue>

  /** The names of the sources that hold something, highest precedence first. */
  readonly sources: ReadonlyArray<string>

  /** What has a value that could be decoded, by key. */
  readonly decoded: ReadonlyMap<string, unknown>
}

/** A configuration that can be used. */
export interface Loaded extends Pick<Inspection, "profile" | "settings" | "warnings" | "sources"> {
  readonly context: Context.Context<Slices>
}

const describe = ({ candidates, spec }: Merge.Merged): Setting => {
  const [winner, ...lost] = candidates
  const text = winner !== undefined && "text" in winner.value ? winner.value.text : ""
  return new Setting({
    key: spec.key,
    description: spec.doc,
    secret: spec.secret === true,
    ...(winner === undefined
      ? {}
      : { value: spec.secret === true ? Wording.masked : Wording.printable(text), origin: winner.origin }),
    shadowed: lost.map(({ origin }) => origin)
  })
}

const isSet = ({ candidates }: Merge.Merged) => candidates[0]?.explicit === true

/** The settings that are missing: required in the profile, or by others of their group. */
const missing = (
  merged: ReadonlyArray<Merge.Merged>,
  profile: Profile,
  strangers: ReadonlyArray<Unknown.Stranger>
): ReadonlyArray<SettingIssue> =>
  merged.filter((one) => !isSet(one)).flatMap(({ candidates, consulted, spec }) => {
    const misspelt = Option.fromNullable(
      strangers.find(({ meant }) => Option.contains(meant, spec.key))
    )
    const together = spec.group === undefined
      ? undefined
      : merged.find((other) => other.spec.group === spec.group && isSet(other))?.spec.key
    return together !== undefined || (candidates.length === 0 && spec.requiredIn?.includes(profile) === true)
      ? [Wording.required(spec, consulted, misspelt, together)]
      : []
  })

/** Reads every source. Fails only when there is no valid profile, because then it is not known what else to read. */
export const inspect = (sources: Sources): Effect.Effect<Inspection, InvalidSettings> =>
  Effect.gen(function*() {
    const profile = yield* profileOf(sources)
    const files = yield* SettingsFiles.read(sources, profile)
    const given = Merge.givenBy(sources, files)
    const merged = settings.map((spec) => Merge.merge(spec, given, profile))
    const strangers = Unknown.strangers(settings, given)
    const unknown = Unknown.issuesOf(strangers)

    const [wrong, values] = Arr.separate(
      yield* Effect.forEach(
        merged,
        (one) =>
          Effect.either(Effect.map(Decode.decode(sources, one), Option.map((value) => [one.spec.key, value] as const)))
      )
    )
    return {
      profile,
      settings: merged.map(describe),
      warnings: unknown.warnings,
      issues: [
        ...Arr.getSomes(files.map(({ issue }) => issue)),
        ...missing(merged, profile, strangers),
        ...wrong,
        ...Unknown.misplaced(given),
        ...Unknown.exposed(settings, given),
        ...unknown.issues
      ],
      sources: given.filter(({ entries }) => settings.some(({ key }) => entries.has(key))).map(({ origin }) => origin),
      decoded: new Map(Arr.getSomes(values))
    }
  })

/** Everything decoded, or every problem at once. */
export const load = (sources: Sources): Effect.Effect<Loaded, InvalidSettings> =>
  Effect.flatMap(inspect(sources), ({ decoded, issues, profile, ...rest }) =>
    Arr.isNonEmptyReadonlyArray(issues)
      ? new InvalidSettings({ profile, issues })
      : Effect.succeed({
        ...rest,
        profile,
        context: contextOf(decoded, { ...sources, profile })
      }))

/** The profile alone, without reading a file. */
export const profile = (sources: Sources): Effect.Effect<Profile, InvalidSettings> => profileOf(sources)

/** Every slice. Reads the sources when it is built. */
export const layer = (sources: Sources): Layer.Layer<Slices, InvalidSettings> =>
  Layer.effectContext(Effect.map(load(sources), ({ context }) => context))
