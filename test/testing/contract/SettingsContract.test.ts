import { describe } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Setting } from "../../../src/domain/operations/Setting.ts"
import { InvalidSettings, SettingIssue } from "../../../src/domain/operations/Setting.ts"
import { Settings } from "../../../src/domain/operations/Settings.ts"
import * as EnvSettings from "../../../src/infrastructure/config/env/EnvSettings.ts"
import * as MemorySources from "../../../src/infrastructure/config/env/MemorySources.ts"
import * as SettingsContract from "../../../src/testing/contract/SettingsContract.ts"
import { bites } from "../../../src/testing/vitest.ts"

type Service = typeof Settings.Service

/** An adapter over `fixture` that does something else where `fault` says so. */
const broken = (fixture: SettingsContract.Fixture, fault: (sound: Service) => Partial<Service>) => {
  const sound = EnvSettings.make(MemorySources.make(fixture))
  return Layer.succeed(Settings, { ...sound, ...fault(sound) })
}

const explaining = (change: (setting: Setting) => Partial<Setting>) => (sound: Service) => ({
  explain: Effect.map(sound.explain, (all) => all.map((setting) => new Setting({ ...setting, ...change(setting) })))
})

const reporting = (change: (issue: SettingIssue) => ReadonlyArray<SettingIssue>) => (sound: Service) => ({
  check: Effect.mapError(sound.check, ({ issues: [first, ...rest], profile }) => {
    const [head = first, ...tail] = [first, ...rest].flatMap(change)
    return new InvalidSettings({ profile, issues: [head, ...tail] })
  })
})

describe("SettingsContract", () => {
  const { contract, profileless, profilelessContract, unusable, unusableContract, usable } = SettingsContract

  bites(
    contract,
    "shows secrets",
    broken(
      usable,
      explaining(({ key }) => (key === "STRATA_PASSWORD" ? { value: "correct-horse-battery-staple" } : {}))
    )
  )
  bites(contract, "forgets what lost", broken(usable, explaining(() => ({ shadowed: [] }))))
  bites(contract, "swallows warnings", broken(usable, () => ({ check: Effect.succeed([]) })))
  bites(
    contract,
    "takes empty for a value",
    broken(usable, explaining(({ key }) => (key === "STRATA_BACKEND_PORT" ? { value: "", origin: "environment" } : {})))
  )
  bites(
    contract,
    "sets something in its example",
    broken(usable, () => ({ example: Effect.succeed("STRATA_API_URL=x") }))
  )
  bites(
    contract,
    "explains a setting that does not exist",
    broken(usable, (sound) => ({ explainOne: () => sound.explainOne("STRATA_HOME") }))
  )

  bites(
    unusableContract,
    "stops at the first problem",
    broken(unusable, reporting((issue) => (issue.key === "STRATA_API_TIMEOUT" ? [issue] : [])))
  )
  bites(
    unusableContract,
    "puts values into problems",
    broken(
      unusable,
      reporting((issue) => [new SettingIssue({ ...issue, problem: "got correct-horse-battery-staple" })])
    )
  )
  bites(
    unusableContract,
    "falls back to a lower source",
    broken(unusable, explaining(({ key }) => (key === "STRATA_API_TIMEOUT" ? { value: "15" } : {})))
  )
  bites(
    unusableContract,
    "explains only what is valid",
    broken(unusable, (sound) => ({ explain: Effect.zipRight(sound.check, Effect.succeed([])) }))
  )

  bites(
    profilelessContract,
    "takes the first profile",
    broken(profileless, () => ({ profile: Effect.succeed("local") }))
  )
  bites(profilelessContract, "checks nothing", broken(profileless, () => ({ check: Effect.succeed([]) })))
  bites(profilelessContract, "has no pages", broken(profileless, () => ({ docs: Effect.succeed("") })))
})
