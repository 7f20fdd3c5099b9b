import { assert, describe, it } from "@effect/vitest"
import { Duration, Either, Redacted, Schema } from "effect"
import * as SettingSchemas from "../../../../src/infrastructure/config/env/SettingSchemas.ts"

const accepts = <A>(schema: Schema.Schema<A, string>, texts: ReadonlyArray<string>) =>
  texts.filter((text) => Either.isRight(Schema.decodeUnknownEither(schema)(text)))

const decode = <A>(schema: Schema.Schema<A, string>, text: string) => Schema.decodeSync(schema)(text)

describe("settings as text", () => {
  it("take https everywhere and http on loopback only", () => {
    const good = [
      "https://example.com",
      "http://localhost:8787",
      "http://127.0.0.1:1/",
      "http://[::1]:1",
      "HTTPS://EXAMPLE.com:8443"
    ]
    assert.deepStrictEqual(accepts(SettingSchemas.Origin, good), good)
    const bad = [
      "http://example.com",
      "http://localhost.example.com",
      "http://127.0.0.1.example.com",
      "ftp://example.com",
      "https://example.com/api",
      "https://example.com/?q",
      "https://example.com?",
      "https://example.com#",
      "https://ada@example.com",
      "https://@example.com",
      "example.com",
      ""
    ]
    assert.deepStrictEqual(accepts(SettingSchemas.Origin, bad), [])
    assert.strictEqual(decode(SettingSchemas.Origin, "HTTPS://EXAMPLE.com:443/"), "https://example.com")
    assert.strictEqual(decode(SettingSchemas.SecureUrl, "https://example.com/in/"), "https://example.com/in")
    assert.deepStrictEqual(accepts(SettingSchemas.PrivateUrl, ["http://collector:4318", "http://a:b@collector"]), [
      "http://collector:4318"
    ])
  })

  it("take numbers within their bounds", () => {
    assert.deepStrictEqual(accepts(SettingSchemas.Port, ["0", "65535", "65536", "-1", "1.5", "x", ""]), ["0", "65535"])
    assert.deepStrictEqual(accepts(SettingSchemas.Ratio, ["0", "0.1", "1", "1.1", "NaN"]), ["0", "0.1", "1"])
    assert.deepStrictEqual(accepts(SettingSchemas.Seconds, ["0", "0.25", "300", "301", "Infinity", "10 s"]), [
      "0.25",
      "300"
    ])
    assert.deepStrictEqual(decode(SettingSchemas.Seconds, "0.25"), Duration.millis(250))
  })

  it("take names in any case", () => {
    assert.strictEqual(decode(SettingSchemas.LogLevelName, "Debug"), "Debug")
    assert.isTrue(decode(SettingSchemas.Switch, "True"))
    assert.deepStrictEqual(accepts(SettingSchemas.Switch, ["1", "yes", "false"]), ["false"])
  })

  it("take everything but a clear no for an opt-out", () => {
    const said = ["1", "true", "please", "0", "FALSE", "no", "off"].map((text) => decode(SettingSchemas.OptOut, text))
    assert.deepStrictEqual(said, [true, true, true, false, false, false, false])
  })

  it("take absolute paths of every platform", () => {
    const paths = ["/a", "C:\\a", "d:/a", "\\\\host\\share", "a", "./a", "~/a", "C:a"]
    assert.deepStrictEqual(accepts(SettingSchemas.AbsolutePath, paths), paths.slice(0, 4))
  })

  it("do not take a key for a path", () => {
    const key = `/${"a".repeat(42)}`
    assert.deepStrictEqual(accepts(SettingSchemas.AbsolutePath, [`${key}=`, `${key}/b=`]), [`${key}/b=`])
  })

  it("take no command that no system can run", () => {
    assert.deepStrictEqual(accepts(SettingSchemas.CommandLine, ["a b\0", JSON.stringify(["a", "\0"]), "a b"]), ["a b"])
  })

  it("take pairs as OpenTelemetry writes them", () => {
    assert.deepStrictEqual(decode(SettingSchemas.Pairs, "a=1, b = x%20y ,c=d=e"), { a: "1", b: "x y", c: "d=e" })
    assert.deepStrictEqual(accepts(SettingSchemas.Pairs, ["a", "a=1,", "=1", "a=%zz", "a=x y"]), [])
    assert.deepStrictEqual(Redacted.value(decode(SettingSchemas.SecretPairs, "api-key=k")), { "api-key": "k" })
  })
})
