import { assert, describe, it } from "@effect/vitest"
import { Either, ParseResult, Redacted, Schema } from "effect"
import { headerAttributes } from "../../../../src/infrastructure/telemetry/redaction/Headers.ts"
import { keyHash } from "../../../../src/infrastructure/telemetry/redaction/KeyHash.ts"
import { parseIssues } from "../../../../src/infrastructure/telemetry/redaction/ParseIssues.ts"
import { redactText } from "../../../../src/infrastructure/telemetry/redaction/RedactText.ts"
import { redactTextOrJson, redactValue } from "../../../../src/infrastructure/telemetry/redaction/RedactValue.ts"
import { isSecretKey } from "../../../../src/infrastructure/telemetry/redaction/SecretKey.ts"

const canary = "cAnArY9Z8y7X6w5V"

describe("redactText", () => {
  for (
    const [what, text, kept] of [
      ["user-info of a URL", `GET https://bob:${canary}@api.example.com/x failed`, "api.example.com/x failed"],
      ["a password with an at sign", `https://bob:p@${canary}@api.example.com/x`, "api.example.com/x"],
      ["a query token", `https://api.example.com/x?page=2&access_token=${canary}&sort=a`, "page=2"],
      ["a signed URL", `https://s3/x?X-Amz-Signature=${canary}&X-Amz-Expires=5`, "X-Amz-Expires=5"],
      ["a fragment token", `https://app/cb#id_token=${canary}`, "https://app/cb#id_token"],
      ["an authorization code", `/callback?code=${canary}&state=${canary}`, "/callback?code"],
      ["a form body", `grant_type=refresh_token&refresh_token=${canary}`, "grant_type"],
      ["a bearer token", `header was Bearer ${canary}.abc-_~+/==`, "header was"],
      ["a header line", `authorization: Basic ${canary}\nhost: x`, "host: x"],
      ["a cookie line", `Cookie: a=1; sid=${canary}`, "Cookie"],
      ["a JSON Web Token", `got eyJhbGciOiJ.${canary}.sig, sorry`, "sorry"],
      ["an encrypted JSON Web Token", `got eyJhbGciOiJ.${canary}.a.b.${canary}, sorry`, "sorry"],
      ["a PEM block", `x -----BEGIN PRIVATE KEY-----\n${canary}\n-----END PRIVATE KEY----- y`, " y"],
      ["a cut PEM block", `x -----BEGIN RSA PRIVATE KEY-----\n${canary}`, "x "],
      ["a GitHub token", `ghp_${canary} and github_pat_${canary}`, "and"],
      ["a cloud access key", "id AKIACANARYCANARY99 used", "used"],
      ["an API key", `sk-${canary}`, ""],
      ["a JSON field", `body {"user":"bob","password":"${canary}"}`, "\"user\":\"bob\""],
      ["a JSON field with an escaped quote", `{"a":1,"clientSecret":"x\\"${canary}"} tail`, "\"a\":1"],
      ["an object under a secret's name", `{"credentials":{"user":"${canary}`, "credentials"],
      ["an assignment", `login failed: password=${canary} user=bob`, "user=bob"],
      ["a schema's message", `Expected a number, actual "${canary}"\n  at ["port"]`, "Expected a number"],
      ["a printed Redacted", `value "<redacted>" seen`, "[REDACTED] seen"]
    ] as const
  ) {
    it(`masks ${what} and keeps the rest`, () => {
      const result = redactText(text)
      assert.notInclude(result, canary)
      assert.notInclude(result, "AKIACANARY")
      assert.notInclude(result, "<redacted>")
      assert.include(result, kept)
    })
  }

  it("keeps ordinary text as it is", () => {
    for (
      const text of [
        "SELECT notes",
        "GET /v2/notes/{id}",
        "https://api.example.com:8443/v2/notes?limit=20",
        "The vault is in use by another process (modify)",
        "token_count=5 keys=3"
      ]
    ) {
      assert.strictEqual(redactText(text), text)
    }
  })

  it("cuts long text after masking", () => {
    const text = `${"a ".repeat(1_010)}https://bob:${canary.repeat(50)}@host/`
    const result = redactText(text)
    assert.isAtMost(result.length, 2_048)
    assert.notInclude(result, canary)
  })

  it("does not spend long on a very long text", () => {
    const before = performance.now()
    redactText("a-".repeat(1_000_000) + "?token=1")
    redactText("a.password".repeat(100_000))
    assert.isBelow(performance.now() - before, 5_000)
  })
})

describe("redactValue", () => {
  it("masks by key, by type and inside texts at any depth", () => {
    const cycle: Record<string, unknown> = { accessToken: canary }
    cycle["self"] = cycle
    const text = JSON.stringify(redactValue({
      list: [{ "x-api-key": canary }, `Bearer ${canary}`, Redacted.make(canary)],
      error: new Error(`https://u:${canary}@h/`),
      nested: cycle,
      page: 3
    }))
    assert.notInclude(text, canary)
    assert.include(text, "\"page\":3")
  })

  it("masks JSON held in a text key by key", () => {
    const text = redactTextOrJson(JSON.stringify({ user: { credentials: { any: canary } }, count: 2 }))
    assert.notInclude(text, canary)
    assert.include(text, "\"count\":2")
  })
})

describe("the other rules", () => {
  it("recognises keys of secrets in every spelling, and no others", () => {
    for (
      const key of [
        "password",
        "http.request.header.authorization",
        "accessToken",
        "refresh_token",
        "X-Api-Key",
        "apiKey"
      ]
    ) assert.isTrue(isSecretKey(key), key)
    for (const key of ["session.id", "strata.secret.name", "tokenizer", "author", "strata.cache.key_hash"]) {
      assert.isFalse(isSecretKey(key), key)
    }
  })

  it("names the place and kind of a schema's problem, not the value", () => {
    const result = Schema.decodeUnknownEither(Schema.Struct({ port: Schema.Number, name: Schema.String }), {
      errors: "all"
    })({ port: canary })
    assert.isTrue(Either.isLeft(result))
    if (Either.isLeft(result)) {
      assert.deepStrictEqual(parseIssues(result.left), ["port: Type", "name: Missing"])
      assert.include(ParseResult.TreeFormatter.formatErrorSync(result.left), canary)
      assert.notInclude(redactText(result.left.message), canary)
      assert.notInclude(String(redactValue(result.left)), canary)
    }
  })

  it("records headers that are asked for, and never a secret's", () => {
    assert.deepStrictEqual(
      headerAttributes("response", { "content-type": "a/b", "set-cookie": canary, etag: "1" }, [
        "content-type",
        "set-cookie",
        "age"
      ]),
      { "http.response.header.content-type": "a/b" }
    )
  })

  it("hashes keys differently per installation", () => {
    assert.match(keyHash("a", "user:1"), /^[0-9a-f]{8}$/)
    assert.notStrictEqual(keyHash("a", "user:1"), keyHash("b", "user:1"))
  })
})
