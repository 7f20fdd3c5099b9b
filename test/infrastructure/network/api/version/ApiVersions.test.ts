import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Either, Schema } from "effect"
import { UserId } from "../../../../../src/domain/auth/User.ts"
import { Profile } from "../../../../../src/domain/user/Profile.ts"
import { profileVersions } from "../../../../../src/infrastructure/datasources/remote/ProfileRemote.ts"
import { deprecatedApiVersion } from "../../../../../src/infrastructure/network/api/contract/ApiVersion.ts"
import * as ApiVersions from "../../../../../src/infrastructure/network/api/version/ApiVersions.ts"

const Domain = Schema.Struct({ id: Schema.String, name: Schema.String, age: Schema.NullOr(Schema.Int) })
type Domain = typeof Domain.Type

/** The older one has no age, and splits what is one word now. */
const versions = {
  v2: ApiVersions.version({ schema: Domain, up: (wire) => wire, down: (value) => value }),
  v1: ApiVersions.version({
    schema: Schema.Struct({ key: Schema.String, first: Schema.String, rest: Schema.String }),
    up: ({ first, key, rest }): Domain => ({ id: key, name: first + rest, age: null }),
    down: ({ id, name }) => ({ key: id, first: name.slice(0, 3), rest: name.slice(3) })
  })
}

const people = ApiVersions.make(versions, { resource: "/people", strategy: "path" })

const ada = { id: "1", name: "Ada Lovelace", age: 36 }
const url = "https://api.test/v2/people/7?full=1"

const bodyOf = (request: HttpClientRequest.HttpClientRequest | undefined): unknown =>
  request?.body._tag === "Uint8Array" ? JSON.parse(new TextDecoder().decode(request.body.body)) : undefined

const mediaType = (name: string) => `application/vnd.people.${name}+json`

describe("ApiVersions", () => {
  it.prop("keep the fields that both versions have, down and up again", [Domain], ([value]) => {
    const there = Either.getOrThrow(versions.v1.down(value))
    const { age, ...shared } = Either.getOrThrow(versions.v1.up(there))
    assert.deepStrictEqual(shared, { id: value.id, name: value.name })
    assert.isNull(age)
    const translated = Either.getOrThrow(people.translate(JSON.stringify(value), "v2", "v1"))
    assert.deepStrictEqual(
      JSON.parse(Either.getOrThrow(people.translate(translated, "v1", "v2"))),
      { ...shared, age: null }
    )
  })

  it.prop("of the profile lose nothing at all", [Schema.typeSchema(Profile)], ([profile]) => {
    const old = profileVersions.versions[deprecatedApiVersion]
    assert.deepStrictEqual(Either.getOrThrow(Either.flatMap(old.down(profile), old.up)), profile)
  })

  it("refuse what the domain does not take, without its values", () => {
    const old = profileVersions.versions[deprecatedApiVersion]
    assert.isTrue(Either.isLeft(old.up(JSON.stringify({ id: "u1", login: "", name: "Ada" }))))
    assert.isTrue(Either.isLeft(old.up("no json")))
    assert.isTrue(Either.isLeft(people.translate("{}", "v2", "v1")))
    const strict = ApiVersions.version({
      schema: Schema.Struct({ id: Schema.String, login: Schema.String }),
      up: ({ id, login }) => new Profile({ id: UserId.make(id), username: login, displayName: login }),
      down: ({ id, username }) => ({ id, login: username })
    })
    assert.isTrue(Either.isLeft(strict.up(JSON.stringify({ id: "u1", login: "" }))))
  })

  it("are newest first, as they are written", () => {
    assert.deepStrictEqual(people.names, ["v2", "v1"])
    assert.deepStrictEqual(profileVersions.names, ["v2", "v1"])
    const { v1, v2 } = versions
    const dated = ApiVersions.make({ "2026-01-01": v2, "2025-01-01": v1 }, { resource: "/people", strategy: "path" })
    assert.deepStrictEqual(dated.names, ["2026-01-01", "2025-01-01"])
    // @ts-expect-error a record would put integers in order
    ApiVersions.make({ 2: v2, 1: v1 }, { resource: "/people", strategy: "path" })
    // @ts-expect-error in whatever way they are written
    ApiVersions.make({ "2": v2, "1": v1 }, { resource: "/people", strategy: "path" })
    assert.throws(() => ApiVersions.make({}, { resource: "/people", strategy: "path" }), "has no version")
  })

  it("concern their resource and what is below it, nothing else", () => {
    for (const path of ["/v2/people", "/v2/people/7", "/v2/people?x", "/base/v2/people#x"]) {
      assert.isTrue(ApiVersions.concerns(people, `https://api.test${path}`), path)
    }
    for (const path of ["/v1/people", "/v2/peoples", "/v2/sessions/refresh", "/people", ""]) {
      assert.isFalse(ApiVersions.concerns(people, `https://api.test${path}`), path)
    }
    assert.isFalse(ApiVersions.concerns(people, "https://v2/people.test/v1/x"))
  })

  it("are asked for in the path", () => {
    const request = HttpClientRequest.put(url).pipe(HttpClientRequest.bodyUnsafeJson(ada))
    assert.strictEqual(ApiVersions.encode(people, request, "v2"), request)
    const old = ApiVersions.encode(people, request, "v1")
    assert.strictEqual(old?.url, "https://api.test/v1/people/7?full=1")
    assert.deepStrictEqual(bodyOf(old), { key: "1", first: "Ada", rest: " Lovelace" })
    assert.strictEqual(old?.headers["content-length"], String(old?.body._tag === "Uint8Array" && old.body.body.length))
    assert.strictEqual(ApiVersions.locate(people, "/v2/people/:id", "v1"), "/v1/people/:id")
  })

  it("are asked for in a header", () => {
    const by = ApiVersions.make(versions, { resource: "/people", strategy: "header", header: "api-version" })
    const request = HttpClientRequest.get("https://api.test/people/7")
    for (const name of ["v2", "v1"]) {
      const sent = ApiVersions.encode(by, request, name)
      assert.strictEqual(sent?.headers["api-version"], name)
      assert.strictEqual(sent?.url, request.url)
    }
    assert.strictEqual(ApiVersions.locate(by, "/people/:id", "v1"), "/people/:id")
  })

  it("are asked for in the query", () => {
    const by = ApiVersions.make(versions, { resource: "/people", strategy: "query", parameter: "api-version" })
    const request = HttpClientRequest.get("https://api.test/people/7?x=1")
    for (const name of ["v2", "v1"]) {
      assert.deepStrictEqual([...ApiVersions.encode(by, request, name)?.urlParams ?? []], [["api-version", name]])
    }
  })

  it("are asked for by media type, and sent as it", () => {
    const by = ApiVersions.make(versions, { resource: "/people", strategy: "mediaType", mediaType })
    const request = HttpClientRequest.put("https://api.test/people/7").pipe(HttpClientRequest.bodyUnsafeJson(ada))
    for (const name of ["v2", "v1"]) {
      const sent = ApiVersions.encode(by, request, name)
      assert.strictEqual(sent?.headers["accept"], mediaType(name))
      assert.strictEqual(sent?.headers["content-type"], mediaType(name))
    }
    assert.deepStrictEqual(bodyOf(ApiVersions.encode(by, request, "v2")), ada)
    assert.deepStrictEqual(bodyOf(ApiVersions.encode(by, request, "v1")), { key: "1", first: "Ada", rest: " Lovelace" })
  })

  it("cannot be asked for with a body that they do not have", () => {
    const request = HttpClientRequest.put(url)
    assert.isUndefined(ApiVersions.encode(people, HttpClientRequest.bodyText(request, "no json"), "v1"))
    assert.isUndefined(ApiVersions.encode(people, HttpClientRequest.bodyFormData(request, new FormData()), "v1"))
    assert.isDefined(ApiVersions.encode(people, HttpClientRequest.bodyFormData(request, new FormData()), "v2"))
  })
})
