import { assert, it } from "@effect/vitest"
import * as CacheControl from "../../../../../src/infrastructure/network/api/cache/CacheControl.ts"

const cases: ReadonlyArray<readonly [string, ReadonlyArray<readonly [string, string]>]> = [
  ["", []],
  ["No-Store", [["no-store", ""]]],
  [" max-age = 5 ,, public", [["max-age", "5"], ["public", ""]]],
  ["max-age=5, max-age=6", [["max-age", "5"]]],
  ["no-cache=\"a, no-store\" , private", [["no-cache", "a, no-store"], ["private", ""]]],
  ["a=\"\\\", no-store\", b", [["a", "\\\", no-store"], ["b", ""]]],
  ["a=\"b\"c, no-store", [["no-store", ""]]],
  ["a=b\"c\", no-store", [["no-store", ""]]],
  ["a=\"b, no-store", [["no-store", ""]]],
  ["a=\"b, no-store, c=\"d\"", [["no-store", ""], ["c", "d"]]],
  ["a b, =c, no-store", [["no-store", ""]]],
  ["a=, b= , c=\"\"", [["a", ""], ["b", ""], ["c", ""]]],
  ["a=b c, d", [["a", "b c"], ["d", ""]]]
]

it("directives are read strictly, and those after a malformed one too", () => {
  for (const [header, directives] of cases) {
    assert.deepStrictEqual(Array.from(CacheControl.parse(header)), directives, header)
  }
})

it("the time a header takes grows with its length alone", () => {
  const length = 16_000
  const hostile = [
    `a=${" ".repeat(length)}"`,
    `${" ".repeat(length)}"`,
    `a${" ".repeat(length)}"`,
    `a="${" ".repeat(length)}`,
    `a="b"${" ".repeat(length)}c`,
    ",a=\"\\\"".repeat(length / 6),
    `${",a=\"\\\"".repeat(length / 12)}"${" ".repeat(length / 2)}x`,
    ",a=\"".repeat(length / 4),
    `a=${"b ".repeat(length / 2)}"`
  ]
  const began = process.cpuUsage().user
  for (const header of hostile) CacheControl.parse(header)
  assert.isBelow(process.cpuUsage().user - began, 500_000)
})
