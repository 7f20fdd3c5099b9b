import { assert, it } from "@effect/vitest"
import { DateTime, Inspectable, Redacted } from "effect"
import { isFresh, SessionRecord } from "../../../../src/infrastructure/services/auth/SessionRecord.ts"
import { users } from "../../../support/ScriptedBackend.ts"

const record = (expiresIn: number) =>
  new SessionRecord({
    version: 1,
    user: users.ada,
    startedAt: DateTime.unsafeMake(0),
    accessToken: Redacted.make("canary-a"),
    refreshToken: Redacted.make("canary-r"),
    obtainedAt: DateTime.unsafeMake(1_000_000),
    expiresIn,
    generation: 1
  })

const at = (expiresIn: number) => ({
  fresh: (seconds: number) => isFresh(record(expiresIn), 1_000_000 + seconds * 1000)
})

it("is told by a record that prints no token", () => {
  assert.notInclude(`${record(1)} ${Inspectable.toStringUnknown(record(1))}`, "canary")
})

it("leaves a margin of a fifth, at least 5 and at most 60 seconds", () => {
  const { fresh: tenSeconds } = at(10)
  assert.deepStrictEqual([tenSeconds(4.9), tenSeconds(5)], [true, false])
  const { fresh: hour } = at(3600)
  assert.deepStrictEqual([hour(3539), hour(3540)], [true, false])
})

it("uses a life shorter than the margin up to its end", () => {
  const { fresh } = at(2)
  assert.deepStrictEqual([fresh(1.9), fresh(2)], [true, false])
})

it("does not believe an age of less than nothing", () => {
  const { fresh } = at(3600)
  assert.deepStrictEqual([fresh(-29), fresh(-31)], [true, false])
})
