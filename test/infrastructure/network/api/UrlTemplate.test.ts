import { assert, describe, it } from "@effect/vitest"
import { partsOf, templateOf } from "../../../../src/infrastructure/network/api/UrlTemplate.ts"

describe("UrlTemplate", () => {
  it("gives the contract's path for a request", () => {
    assert.strictEqual(templateOf("GET", "/v2/profile"), "/v2/profile")
    assert.strictEqual(templateOf("GET", "/v1/profile"), "/v1/profile")
    assert.strictEqual(templateOf("DELETE", "/v2/devices/d-1"), "/v2/devices/:deviceId")
    assert.strictEqual(templateOf("GET", "/v2/devices/d-1/messages"), "/v2/devices/:deviceId/messages")
    assert.strictEqual(templateOf("GET", "/v2/notes/changes?cursor=x"), "/v2/notes/changes")
  })

  it("gives nothing for what the contract does not have", () => {
    for (const path of ["/", "/v2", "/v2/profile/secret", "/v2/devices/a/b", "/v3/profile", "/x/v2/profile"]) {
      assert.isUndefined(templateOf("GET", path), path)
    }
    assert.isUndefined(templateOf("POST", "/v2/profile"))
  })

  it("takes the version off a template, whether the contract has that version or not", () => {
    assert.include(partsOf("/v2/devices/:deviceId"), { version: "v2", rest: "/devices/:deviceId" })
    assert.include(partsOf("/v9/devices/:deviceId"), { version: "v9", rest: "/devices/:deviceId" })
    assert.include(partsOf("/token"), { version: undefined, rest: "/token" })
  })
})
