import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted, Stream, TestClock } from "effect"
import { CommandFailed } from "../../../src/cli/CommandFailed.ts"
import { LastSlot, SlotNotFound } from "../../../src/domain/operations/Maintenance.ts"
import type { Maintenance } from "../../../src/domain/operations/Maintenance.ts"
import { Locked, RolledBack, Tampered } from "../../../src/domain/storage/SecretFailure.ts"
import { Corrupt } from "../../../src/domain/storage/StorageFailure.ts"
import { slot } from "../support/secretStoreStatus.ts"
import { run, showing } from "./MockedSecrets.ts"

const addSlot = () => Effect.succeed({ slot: slot(2, "x"), recoveryCode: Option.some(Redacted.make("ABCD-EFGH")) })

describe("strata secrets doctor", () => {
  it.effect("tells where secrets are, what opens them and what to do, and ends well for mere advice", () =>
    Effect.gen(function*() {
      const { code, out } = yield* run("doctor", showing({ advice: ["add a recovery code"] }))
      assert.strictEqual(code, 0, out)
      for (const text of ["/home/ada/vault", "keychain (Secret Service, durable)", "! add a recovery code", "✔"]) {
        assert.include(out, text)
      }
      assert.notInclude(out, "\u001b")
    }))

  it.effect("is content with a store that was not made yet", () =>
    Effect.gen(function*() {
      const { code, out } = yield* run("doctor", showing({ exists: false, slots: [], entries: 0, generation: 0 }))
      assert.strictEqual(code, 0)
      assert.include(out, "not made yet")
    }))

  it.effect("ends with 1 and names the fault of a store that is locked, or has slots that do not open it", () =>
    Effect.gen(function*() {
      const locked = yield* run("doctor", showing({ locked: true }))
      assert.deepStrictEqual([locked.code, /it is locked/.test(locked.error)], [1, true])
      const unusable = yield* run("doctor", showing({ slots: [slot(1, "keychain", { usable: false })] }))
      assert.deepStrictEqual([unusable.code, /no unlock slot can be used/.test(unusable.error)], [1, true])
      const stale = yield* run(
        "doctor",
        showing({ slots: [slot(1, "keychain"), slot(2, "passphrase", { stale: true, usable: false })] })
      )
      assert.deepStrictEqual([stale.code, /slot 2 opens an earlier root key/.test(stale.error)], [1, true])
    }))

  it.effect("is content with a locked store that only a person opens", () =>
    Effect.gen(function*() {
      const byPassphrase = { locked: true, keySources: [], slots: [slot(1, "passphrase")] }
      const { code, out } = yield* run("doctor", showing(byPassphrase), undefined, new Locked({ fixes: [] }))
      assert.strictEqual(code, 0, out)
      assert.include(out, "locked")
    }))

  it.effect("reads the store to see whether it is whole, and says the way out when it is not", () =>
    Effect.gen(function*() {
      const tampered = yield* run("doctor", {}, undefined, new Tampered({ what: "secret store" }))
      assert.strictEqual(tampered.code, 1)
      assert.include(tampered.error, "strata secrets restore")
      const stale = showing({ slots: [slot(1, "keychain"), slot(2, "passphrase", { stale: true })] })
      const both = yield* run("doctor", stale, undefined, new Tampered({ what: "secret store" }))
      assert.include(both.error, "strata secrets restore")
      const older = yield* run("doctor", {}, undefined, new RolledBack())
      assert.strictEqual(older.code, 1)
      assert.include(older.error, "strata secrets accept-rollback")
    }))

  it.effect("gives one JSON object on standard output, whatever it finds", () =>
    Effect.gen(function*() {
      const { code, out } = yield* run("doctor --json", showing({ locked: true }))
      const { store, version } = JSON.parse(out) as {
        readonly version: number
        readonly store: { readonly locked: boolean }
      }
      assert.deepStrictEqual([code, version, store.locked], [1, 1, true])
    }))
})

describe("strata secrets slots", () => {
  it.effect("lists them", () =>
    Effect.gen(function*() {
      const slots = [slot(1, "keychain"), slot(2, "passkey-prf", { usable: false })]
      const { code, out } = yield* run("slots", showing({ slots }))
      assert.deepStrictEqual([code, out], [0, "  1  keychain\n  2  passkey-prf  not usable here\n"])
      const parsed = JSON.parse((yield* run("slots --json", showing({ slots }))).out) as {
        readonly slots: ReadonlyArray<unknown>
      }
      assert.strictEqual(parsed.slots.length, 2)
    }))

  it.effect("adds a passphrase that is asked for twice, and a source by its name", () =>
    Effect.gen(function*() {
      const added: Array<string> = []
      const adding: (typeof Maintenance.Service)["addSlot"] = (wanted) =>
        Effect.sync(() => {
          added.push(wanted._tag === "Passphrase" ? Redacted.value(wanted.passphrase) : wanted._tag)
          return { slot: slot(2, "x"), recoveryCode: Option.none() }
        })
      assert.strictEqual((yield* run("slots add passphrase", { addSlot: adding }, { answers: ["one", "one"] })).code, 0)
      assert.strictEqual((yield* run("slots add passphrase", { addSlot: adding }, { answers: ["one", "two"] })).code, 1)
      assert.strictEqual((yield* run("slots add passphrase", { addSlot: adding }, { piped: "three\n" })).code, 0)
      assert.strictEqual((yield* run("slots add keychain", { addSlot: adding })).code, 0)
      assert.deepStrictEqual(added, ["one", "three", "Source"])
    }))

  it.effect("prints a recovery code alone on standard output", () =>
    Effect.gen(function*() {
      const { error, out } = yield* run("slots add recovery-code", { addSlot })
      assert.strictEqual(out, "ABCD-EFGH\n")
      assert.include(error, "not shown again")
    }))

  it.effect("puts a recovery code into the JSON that was asked for", () =>
    Effect.gen(function*() {
      const { out } = yield* run("slots add recovery-code --json", { addSlot })
      assert.deepStrictEqual(JSON.parse(out), {
        version: 1,
        slot: { id: 2, type: "x", usable: true, stale: false, recoveryCode: "ABCD-EFGH" }
      })
    }))

  it.effect("takes the slot of a recovery code that nobody got back, or says which it is", () =>
    Effect.gen(function*() {
      const removed: Array<number> = []
      const removeSlot = (id: number) => Effect.sync(() => void removed.push(id))
      const disk = new CommandFailed({ reason: "The output cannot be written (ENOSPC)", next: "" })
      for (const written of [Effect.succeed(false), Effect.fail(disk)]) {
        const input = { piped: "", written }
        const { code, error } = yield* run("slots add recovery-code", { addSlot, removeSlot }, input)
        assert.strictEqual(code, 1)
        assert.include(error, "recovery code")
        assert.notInclude(error, "ABCD")
        const kept = yield* run("slots add recovery-code", { addSlot, removeSlot: () => new LastSlot() }, input)
        assert.strictEqual(kept.code, 1)
        assert.include(kept.error, "strata secrets slots rm 2")
      }
      assert.deepStrictEqual(removed, [2, 2])
    }))

  it.effect("says why a slot cannot be added or removed, and what to do", () =>
    Effect.gen(function*() {
      const last = yield* run("slots rm 1", { removeSlot: () => new LastSlot() })
      assert.strictEqual(last.code, 1)
      assert.include(last.error, "strata secrets slots add passphrase")
      const unknown = yield* run("slots add nonsense", { addSlot: () => new SlotNotFound({ slot: "nonsense" }) })
      assert.strictEqual(unknown.code, 1)
      assert.include(unknown.error, "\"nonsense\"")
      assert.strictEqual((yield* run("slots rm one", {})).code, 2)
    }))
})

describe("strata secrets rotate", () => {
  it.effect("tells how far it is once a second, and which slots have to be added again", () =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      const rotate: (typeof Maintenance.Service)["rotate"] = (what) => {
        asked.push(what)
        return Stream.range(1, 30).pipe(
          Stream.map((done) => ({ done, total: 30 })),
          Stream.tap(() => TestClock.adjust("100 millis"))
        )
      }
      const slots = [slot(1, "keychain"), slot(2, "passphrase", { stale: true })]
      const { code, error, out } = yield* run("rotate --root", { rotate, ...showing({ slots }) })
      assert.deepStrictEqual([code, asked], [0, ["root-key"]])
      assert.include(out, "The root key is new")
      assert.strictEqual(error.match(/ of 30 written anew/g)?.length, 3)
      assert.include(error, "strata secrets slots add passphrase")
      yield* run("rotate", { rotate })
      assert.deepStrictEqual(asked, ["root-key", "data-key"])
    }))
})

describe("strata secrets restore and accept-rollback", () => {
  it.effect("happen when the person agrees, at the terminal or with --yes, and not otherwise", () =>
    Effect.gen(function*() {
      const done: Array<string> = []
      const maintenance = {
        acceptRollback: Effect.sync(() => void done.push("accepted")),
        restorePrevious: Effect.sync(() => {
          done.push("restored")
          return { quarantined: Option.some("/vault.damaged") }
        })
      }
      for (const words of ["accept-rollback", "restore"]) {
        assert.strictEqual((yield* run(words, maintenance)).code, 1)
        const refused = yield* run(words, maintenance, { answers: [false] })
        assert.deepStrictEqual([refused.code, refused.questions.length], [1, 1])
      }
      assert.deepStrictEqual(done, [])
      assert.strictEqual((yield* run("accept-rollback", maintenance, { answers: [true] })).code, 0)
      assert.include((yield* run("restore --yes", maintenance)).error, "/vault.damaged")
      assert.deepStrictEqual(done, ["accepted", "restored"])
    }))
})

describe("a secret store that is not there", () => {
  const none = showing({ exists: false, slots: [], entries: 0, generation: 0, rollbackDetected: false })

  it.effect("is not said to be sealed anew, gone back to, or accepted", () =>
    Effect.gen(function*() {
      const rotated = yield* run("rotate", { ...none, rotate: () => Stream.empty })
      assert.notInclude(rotated.out, "sealed with a new key")
      assert.include(rotated.error, "no secret store yet")
      const gone = new Corrupt({ store: "secret store", operation: "read" })
      const restored = yield* run("restore --yes", { ...none, restorePrevious: gone })
      assert.strictEqual(restored.code, 1)
      assert.include(restored.error, "no previous state")
      assert.notInclude(restored.error, "damaged and")
      const accepted = yield* run("accept-rollback --yes", { ...none, acceptRollback: gone })
      assert.strictEqual(accepted.code, 1)
      assert.include(accepted.error, "no secret store yet")
      const looked = yield* run("doctor", none)
      assert.match(looked.out, /older copies\s+not made yet/)
    }))
})
