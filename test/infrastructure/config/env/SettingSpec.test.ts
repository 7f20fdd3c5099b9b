import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { Text } from "../../../../src/infrastructure/config/env/SettingSchemas.ts"
import { defaultIn } from "../../../../src/infrastructure/config/env/SettingSpec.ts"

describe("the default of a setting", () => {
  it("is the profile's own, then that of all profiles, and none where the setting is required", () => {
    const spec = {
      key: "KEY",
      schema: Text,
      doc: "",
      example: "x",
      requiredIn: ["production"],
      defaults: { "local": "own", "*": "shared", "production": "ignored" }
    } as const
    assert.deepStrictEqual(defaultIn(spec, "local"), Option.some("own"))
    assert.deepStrictEqual(defaultIn(spec, "staging"), Option.some("shared"))
    assert.deepStrictEqual(defaultIn(spec, "production"), Option.none())
  })
})
