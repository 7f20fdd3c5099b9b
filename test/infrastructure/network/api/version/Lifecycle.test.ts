import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import * as Lifecycle from "../../../../../src/infrastructure/network/api/version/Lifecycle.ts"
import * as LinkHeader from "../../../../../src/infrastructure/network/api/version/LinkHeader.ts"

const url = "https://api.test/v1/profile?x=1"
const deprecation = "@1688169599"
const since = 1_688_169_599_000
const sunset = "Sun, 30 Jun 2024 23:59:59 GMT"
const until = Date.UTC(2024, 5, 30, 23, 59, 59)

const httpDate = (millis: number) => DateTime.toDateUtc(DateTime.unsafeMake(millis)).toUTCString()

const parse = (headers: Readonly<Record<string, string>>) => Lifecycle.parse(headers, url)

describe("Lifecycle", () => {
  it("reads the dates of RFC 9745 and RFC 8594", () => {
    assert.deepStrictEqual(parse({ deprecation, sunset }), {
      deprecation: since,
      sunset: until,
      links: {},
      malformed: []
    })
    assert.strictEqual(parse({ deprecation: `${deprecation};x=1` }).deprecation, since)
    assert.strictEqual(parse({ deprecation: "@-1" }).deprecation, -1000)
    assert.strictEqual(parse({ sunset: "Sunday, 30-Jun-24 23:59:59 GMT" }).sunset, until)
  })

  for (
    const value of [
      "true",
      "?1",
      "1688169599",
      "\"@1688169599\"",
      "@1.5",
      "@",
      "",
      "@1688169599, @1688169599",
      "@999999999999999",
      "Sun, 30 Jun 2024 23:59:59 GMT",
      "@1688169599 trailing",
      "@1688169599;",
      "@1688169599;=",
      "1;@1688169599",
      "\u0000"
    ]
  ) {
    it(`takes Deprecation: ${JSON.stringify(value)} for malformed and keeps the sunset`, () => {
      const { deprecation: parsed, malformed, sunset: kept } = parse({ deprecation: value, sunset })
      assert.isUndefined(parsed)
      assert.deepStrictEqual(malformed, ["deprecation"])
      assert.strictEqual(kept, until)
    })
  }

  for (const value of ["@1688169599", "2024-06-30", "tomorrow", "", "0", "Sun, 30 Jun 2024 23:59:59 +0000"]) {
    it(`takes Sunset: ${JSON.stringify(value)} for malformed and keeps the deprecation`, () => {
      const { deprecation: kept, malformed, sunset: parsed } = parse({ deprecation, sunset: value })
      assert.isUndefined(parsed)
      assert.deepStrictEqual(malformed, ["sunset"])
      assert.strictEqual(kept, since)
    })
  }

  it("takes a sunset before the deprecation for malformed, and one at the same time not", () => {
    const early = httpDate(since - 1000)
    assert.deepStrictEqual(parse({ deprecation, sunset: early }).malformed, ["sunset"])
    assert.isUndefined(parse({ deprecation, sunset: early }).sunset)
    assert.deepStrictEqual(parse({ deprecation, sunset: httpDate(since) }).malformed, [])
  })

  it("reads the links by relation, absolute and without credentials", () => {
    const link = `</docs/old>; rel=deprecation; type="text/html", <https://u:p@api.test/end>;rel="sunset",
      </v2/profile>; title="a, b; \\"c\\"" ; REL="Successor-Version other", <v3>; rel=latest-version`.replace("\n", "")
    assert.deepStrictEqual(parse({ deprecation, link }), {
      deprecation: since,
      sunset: undefined,
      links: {
        deprecation: "https://api.test/docs/old",
        sunset: "https://api.test/end",
        "successor-version": "https://api.test/v2/profile",
        "latest-version": "https://api.test/v1/v3"
      },
      malformed: []
    })
  })

  it("leaves out links to other schemes, about other things and of no use", () => {
    const link = "<javascript:alert(1)>; rel=deprecation, </other>; rel=sunset; anchor=\"/elsewhere\", </x>, </y>; rel"
    assert.deepStrictEqual(parse({ deprecation, link }).links, {})
    assert.deepStrictEqual(parse({ deprecation, link: `</${"a".repeat(600)}>; rel=sunset` }).links, {})
  })

  for (const link of ["/v2", "</v2", "</v2>; rel=\"a", "</v2> rel=a", "</v2>; =a", "<a><b>", "x".repeat(9000)]) {
    it(`takes Link: ${link.slice(0, 20)} for malformed and keeps the rest`, () => {
      const { deprecation: kept, links, malformed } = parse({ deprecation, link })
      assert.deepStrictEqual(malformed, ["link"])
      assert.deepStrictEqual(links, {})
      assert.strictEqual(kept, since)
    })
  }

  it("finds nothing where nothing is said", () => {
    assert.isFalse(Lifecycle.isAnnounced({ link: "</v2>; rel=successor-version" }))
    assert.isTrue(Lifecycle.isAnnounced({ sunset }))
    assert.isTrue(Lifecycle.isAnnounced({ deprecation: "" }))
  })

  it("reads hostile links in time that grows with their length", () => {
    for (const piece of [",", " ", "<a>;", "<a>;b=\"\\\\", ";", "<a>,"]) {
      assert.isBelow(LinkHeader.parse(piece.repeat(8192 / piece.length))?.length ?? 0, 8192)
    }
  })
})
