import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as PlainUrl from "../../../../src/infrastructure/network/api/PlainUrl.ts"

const of = (url: string) => PlainUrl.of(HttpClientRequest.get(url))

const character = FastCheck.constantFrom(
  ...".././//%2e%2E%20aZ9_-~!$&'()*+,;=:@?#[]{}|^`\"<>\\ ü\t\u0000".split(""),
  "%2e",
  "%2E",
  "/..",
  "/."
)

const origin = FastCheck.constantFrom(
  "http://api.test",
  "https://api.test:8443",
  "http://127.0.0.1:4000",
  "http://[::1]:80",
  "http://api.test:80",
  "HTTP://API.test",
  "http://127.1",
  "http://user@api.test",
  "ftp://api.test"
)

describe("PlainUrl", () => {
  it("takes apart what a parser would leave as it is", () => {
    assert.deepStrictEqual(of("http://127.0.0.1:4000/v2/notes/n-1?since=a.b&limit=%20"), {
      origin: "http://127.0.0.1:4000",
      path: "/v2/notes/n-1?since=a.b&limit=%20"
    })
    assert.deepStrictEqual(of("https://api.test/"), { origin: "https://api.test", path: "/" })
  })

  for (const url of ["/v2", "http://api.test", "http://api.test:80/", "http://api.test/a/../b", "http://api.test/ü"]) {
    it(`leaves ${url} to a parser`, () => {
      assert.isUndefined(of(url))
    })
  }

  it("leaves parameters and fragments to a parser", () => {
    const request = HttpClientRequest.get("http://api.test/a")
    assert.isUndefined(PlainUrl.of(HttpClientRequest.setUrlParam(request, "a", "b")))
    assert.isUndefined(PlainUrl.of(HttpClientRequest.setHash(request, "part")))
  })

  it("says what a parser says, or nothing", () => {
    FastCheck.assert(
      FastCheck.property(origin, FastCheck.array(character, { maxLength: 12 }), (start, rest) => {
        const text = `${start}/${rest.join("")}`
        const plain = of(text)
        if (plain === undefined) return
        const url = new URL(text)
        assert.deepStrictEqual(plain, { origin: url.origin, path: url.pathname + url.search })
        assert.strictEqual(url.href, plain.origin + plain.path)
      }),
      { numRuns: 5_000 }
    )
  })
})
