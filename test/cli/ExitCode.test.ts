import { assert, describe, it } from "@effect/vitest"
import { Cause, Data, Exit, FiberId } from "effect"
import { exitCode } from "../../src/cli/ExitCode.ts"
import { InvalidSettings, SettingIssue } from "../../src/domain/operations/Setting.ts"

class Offline extends Data.TaggedError("Offline") {}

const issue = new SettingIssue({ key: "STRATA_X", problem: "is required", origin: "not set" })
const interrupted = Exit.failCause(Cause.interrupt(FiberId.none))

describe("exitCode", () => {
  for (
    const [what, exit, signal, expected] of [
      ["success", Exit.void, undefined, 0],
      ["a failure", Exit.fail(new Offline()), undefined, 1],
      ["a failure while a signal ends it", Exit.fail(new Offline()), "SIGTERM", 1],
      ["invalid settings", Exit.fail(new InvalidSettings({ profile: "production", issues: [issue] })), undefined, 78],
      ["a word the command line does not know", Exit.fail({ _tag: "InvalidArgument" }), undefined, 2],
      ["a missing option", Exit.fail({ _tag: "MissingValue" }), undefined, 2],
      ["a bug", Exit.die(new TypeError("bug")), undefined, 70],
      ["SIGINT", interrupted, "SIGINT", 130],
      ["SIGTERM", interrupted, "SIGTERM", 143],
      ["SIGHUP", interrupted, "SIGHUP", 129],
      ["a signal after which everything still succeeded", Exit.void, "SIGTERM", 143]
    ] as const
  ) {
    it(`is ${expected} for ${what}`, () => {
      assert.strictEqual(exitCode(exit, signal), expected)
    })
  }
})
