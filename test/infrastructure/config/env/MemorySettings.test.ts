import * as MemorySettings from "../../../../src/infrastructure/config/env/MemorySettings.ts"
import * as SettingsContract from "../../../../src/testing/contract/SettingsContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

suite(SettingsContract.contract, "memory", MemorySettings.layer(SettingsContract.usable))
suite(SettingsContract.unusableContract, "memory", MemorySettings.layer(SettingsContract.unusable))
suite(SettingsContract.profilelessContract, "memory", MemorySettings.layer(SettingsContract.profileless))
