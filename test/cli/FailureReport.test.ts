import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { report } from "../../src/cli/FailureReport.ts"
import { stripStyles } from "../../src/cli/Output.ts"
import { RateLimited } from "../../src/domain/network/RemoteFailure.ts"
import { InvalidSettings, SettingIssue } from "../../src/domain/operations/Setting.ts"
import { Locked } from "../../src/domain/storage/SecretFailure.ts"
import {
  Busy,
  Corrupt,
  Full,
  Io,
  NewerThanApp,
  ReadOnly,
  Unrecognized
} from "../../src/domain/storage/StorageFailure.ts"

const lines = (failure: Parameters<typeof report>[0]) => report(failure).map(stripStyles)

describe("FailureReport", () => {
  it("lists every configuration problem with its origin and what to do", () => {
    const failure = new InvalidSettings({
      profile: "production",
      issues: [
        new SettingIssue({
          key: "STRATA_API_URL",
          problem: "is required",
          origin: "not set",
          fix: "set STRATA_API_URL"
        }),
        new SettingIssue({ key: "STRATA_PORT", problem: "is not a port", origin: "environment" })
      ]
    })
    assert.deepStrictEqual(lines(failure), [
      "✖ Configuration is not valid for profile \"production\" (2 problems)",
      "",
      "  STRATA_API_URL  is required",
      "                  from: not set",
      "                  fix:  set STRATA_API_URL",
      "  STRATA_PORT     is not a port",
      "                  from: environment",
      "",
      "  Run \"strata config explain\" to see where every value comes from."
    ])
  })

  it("tells how to unlock, one way a line", () => {
    assert.deepStrictEqual(lines(new Locked({ fixes: ["Start the keyring", "Set a key file"] })), [
      "✖ The secret store is locked",
      "  Start the keyring",
      "  Set a key file"
    ])
  })

  it("names the secret store, not the file of its lock", () => {
    const [line] = lines(new Busy({ store: "secret-store-0123456789abcdef lock", operation: "wait" }))
    assert.strictEqual(line, "✖ The secret store is in use by another process (wait)")
  })

  it("tells when to try again", () => {
    assert.include(lines(new RateLimited({ retryAfter: Duration.seconds(90) }))[1], "1m 30s")
  })

  it("tells the commands that help a database, and none of them for another store", () => {
    const place = { store: "database", operation: "open" }
    assert.deepStrictEqual(lines(new Corrupt(place)), [
      "✖ The database is damaged and was left untouched (open)",
      "  Run \"strata db check\" to see what is damaged. Nothing was overwritten.",
      "  Then put a backup in its place: \"strata db restore FILE\".",
      "  Or begin with an empty one, and keep this one beside it: \"strata db quarantine\"."
    ])
    assert.include(lines(new Unrecognized(place)).join(), "strata db quarantine")
    assert.include(lines(new ReadOnly(place)).join(), "strata db check")
    assert.include(lines(new Busy(place)).join(), "strata up")
    assert.include(lines(new Full(place)).join(), "Free some space")
    assert.include(lines(new NewerThanApp(place)).join(), "Install the version that wrote it")
    for (const Failure of [Busy, Corrupt, Full, Io, NewerThanApp, ReadOnly, Unrecognized]) {
      const other = lines(new Failure({ store: "trace store", operation: "open" }))
      assert.notInclude(other.join(), "strata db")
      assert.isAbove(other.length, 1)
    }
  })
})
