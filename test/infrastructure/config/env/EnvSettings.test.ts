import { Effect, Layer } from "effect"
import * as EnvSettings from "../../../../src/infrastructure/config/env/EnvSettings.ts"
import * as ProcessSources from "../../../../src/infrastructure/config/env/ProcessSources.ts"
import * as SettingsContract from "../../../../src/testing/contract/SettingsContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import { settingsFolder } from "./SettingsFolder.ts"

/** The sources of a process whose folder and environment hold the fixture. */
const onDisk = (fixture: SettingsContract.Fixture) =>
  Layer.unwrapScoped(
    Effect.map(settingsFolder(fixture.files), (folder) =>
      EnvSettings.layer({ ...ProcessSources.make({ folder }), environment: fixture.environment }))
  )

suite(SettingsContract.contract, "environment and files", onDisk(SettingsContract.usable))
suite(SettingsContract.unusableContract, "environment and files", onDisk(SettingsContract.unusable))
suite(SettingsContract.profilelessContract, "environment and files", onDisk(SettingsContract.profileless))
