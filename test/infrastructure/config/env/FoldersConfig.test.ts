import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { foldersOf } from "../../../../src/infrastructure/config/env/FoldersConfig.ts"

const surroundings = { profile: "local", platform: "linux", home: "/home/ada", environment: {} } as const
const none = Option.none<string>()

describe("folders", () => {
  it("follow XDG on Linux", () => {
    assert.deepStrictEqual(foldersOf(surroundings, none), {
      config: "/home/ada/.config/strata/local",
      data: "/home/ada/.local/share/strata/local",
      cache: "/home/ada/.cache/strata/local",
      state: "/home/ada/.local/state/strata/local"
    })
  })

  it("follow the XDG variables, but for relative and empty ones", () => {
    const environment = {
      XDG_CONFIG_HOME: "/etc/ada",
      XDG_DATA_HOME: "/data",
      XDG_CACHE_HOME: "relative/cache",
      XDG_STATE_HOME: ""
    }
    assert.deepStrictEqual(foldersOf({ ...surroundings, environment }, none), {
      config: "/etc/ada/strata/local",
      data: "/data/strata/local",
      cache: "/home/ada/.cache/strata/local",
      state: "/home/ada/.local/state/strata/local"
    })
  })

  it("are in the Library on macOS", () => {
    assert.deepStrictEqual(foldersOf({ ...surroundings, platform: "darwin", home: "/Users/ada" }, none), {
      config: "/Users/ada/Library/Application Support/strata/local/config",
      data: "/Users/ada/Library/Application Support/strata/local/data",
      cache: "/Users/ada/Library/Caches/strata/local",
      state: "/Users/ada/Library/Application Support/strata/local/state"
    })
  })

  it("are known folders on Windows, with and without their variables", () => {
    const windows = { ...surroundings, platform: "win32", home: "C:\\Users\\ada" }
    assert.deepStrictEqual(foldersOf(windows, none), {
      config: "C:\\Users\\ada\\AppData\\Roaming\\strata\\local\\config",
      data: "C:\\Users\\ada\\AppData\\Local\\strata\\local\\data",
      cache: "C:\\Users\\ada\\AppData\\Local\\strata\\local\\cache",
      state: "C:\\Users\\ada\\AppData\\Local\\strata\\local\\state"
    })
    const environment = { APPDATA: "D:\\Roaming", LOCALAPPDATA: "D:\\Local" }
    const moved = foldersOf({ ...windows, environment }, none)
    assert.strictEqual(moved.config, "D:\\Roaming\\strata\\local\\config")
    assert.strictEqual(moved.data, "D:\\Local\\strata\\local\\data")
  })

  it("are under STRATA_HOME on every platform when it is set", () => {
    assert.deepStrictEqual(foldersOf(surroundings, Option.some("/srv/strata")), {
      config: "/srv/strata/local/config",
      data: "/srv/strata/local/data",
      cache: "/srv/strata/local/cache",
      state: "/srv/strata/local/state"
    })
    const windows = { ...surroundings, platform: "win32" }
    assert.strictEqual(foldersOf(windows, Option.some("D:\\strata")).data, "D:\\strata\\local\\data")
  })

  it("are different ones in every profile", () => {
    const data = (["local", "development", "staging", "production", "test"] as const).map((profile) =>
      foldersOf({ ...surroundings, profile }, none).data
    )
    assert.strictEqual(new Set(data).size, 5)
  })
})
