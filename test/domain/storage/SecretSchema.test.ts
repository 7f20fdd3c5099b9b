import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Option, Redacted, Schema } from "effect"
import { inspect } from "node:util"
import * as SecretSchema from "../../../src/domain/storage/SecretSchema.ts"
import { SecureStore } from "../../../src/domain/storage/SecureStore.ts"
import * as MemorySecureStore from "../../../src/infrastructure/storage/secure/MemorySecureStore.ts"

const Session = Schema.Struct({
  token: Schema.Redacted(Schema.NonEmptyString),
  expiresAt: Schema.DateFromString,
  scopes: Schema.Array(Schema.Literal("read", "write")),
  byHost: Schema.Record({ key: Schema.String, value: Schema.Number })
})

const session = SecretSchema.forSchema({ name: "session", schema: Session })

const value: typeof Session.Type = {
  token: Redacted.make("abc"),
  expiresAt: new Date(1000),
  scopes: ["read"],
  byHost: { "example.org": 1 }
}

const stored = (text: string) => Effect.flatMap(SecureStore, (store) => store.set("session", Redacted.make(text)))

const invalid = Effect.map(
  Effect.flip(session.get),
  (failure) => failure._tag === "InvalidSecret" ? failure.issues : []
)

describe("SecretSchema", () => {
  it.effect("gives back what was set, and nothing before and after", () =>
    Effect.gen(function*() {
      assert.isTrue(Option.isNone(yield* session.get))
      yield* session.set(value)
      assert.deepStrictEqual(yield* session.get, Option.some(value))
      assert.isTrue(yield* session.remove)
      assert.isTrue(Option.isNone(yield* session.get))
    }).pipe(Effect.provide(MemorySecureStore.layer)))

  it.effect("modify works on decoded values; what is given back as it was is not written", () =>
    Effect.gen(function*() {
      yield* session.modify((current) => Effect.succeed([Option.isNone(current), Option.some(value)] as const))
      const store = yield* SecureStore
      const before = yield* store.get("session")
      yield* session.modify((current) => Effect.succeed([undefined, current] as const))
      assert.strictEqual(Option.getOrThrow(yield* store.get("session")), Option.getOrThrow(before))
      yield* session.modify((current) =>
        Effect.succeed([undefined, Option.map(current, (old) => ({ ...old, byHost: {} }))] as const)
      )
      assert.deepStrictEqual(Option.map(yield* session.get, ({ byHost }) => byHost), Option.some({}))
    }).pipe(Effect.provide(MemorySecureStore.layer)))

  it.effect("what does not decode fails, is kept, and is quoted nowhere", () =>
    Effect.gen(function*() {
      const broken = {
        "not json": "CANARY{",
        "wrong types": `{"token":5,"expiresAt":"CANARY","scopes":["CANARY"],"byHost":{"CANARY":"CANARY"}}`,
        "missing and more": `{"CANARY":"CANARY","token":"","scopes":["read"],"byHost":{}}`,
        "no object": `["CANARY"]`
      }
      for (const [what, text] of Object.entries(broken)) {
        yield* stored(text)
        const uses = [
          session.get,
          session.modify(() => Effect.dieMessage("change was run"))
        ] as const
        for (const use of uses) {
          const exit = yield* Effect.exit(use)
          assert.isTrue(Exit.isFailure(exit), what)
          if (Exit.isSuccess(exit)) continue
          // @effect-diagnostics-next-line preferSchemaOverJson:off -- what a caller could print is the subject
          const shown = `${Cause.pretty(exit.cause)} ${JSON.stringify(exit)} ${inspect(exit, { depth: 20 })}`
          assert.include(shown, "InvalidSecret")
          assert.notInclude(shown, "CANARY", what)
        }
        const kept = yield* (yield* SecureStore).get("session")
        assert.deepStrictEqual(Option.map(kept, Redacted.value), Option.some(text))
      }
    }).pipe(Effect.provide(MemorySecureStore.layer)))

  it.effect("says where it went wrong by the schema's own names, and hides those of the data", () =>
    Effect.gen(function*() {
      yield* stored(`{"token":"a","expiresAt":"1970-01-01T00:00:00Z","scopes":["x"],"byHost":{}}`)
      const [scope] = yield* invalid
      assert.strictEqual(scope?.path, "scopes.[0]")
      yield* stored(`{"token":"a","expiresAt":"1970-01-01T00:00:00Z","scopes":[],"byHost":{"CANARY":""}}`)
      const [host] = yield* invalid
      assert.strictEqual(host?.path, "byHost.*")
    }).pipe(Effect.provide(MemorySecureStore.layer)))

  it.effect("a value that cannot be encoded is a bug, whose message does not quote it", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(session.set({ ...value, token: Redacted.make(""), byHost: { CANARY: 1 } }))
      assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
      if (Exit.isFailure(exit)) assert.notInclude(Cause.pretty(exit.cause), "CANARY")
    }).pipe(Effect.provide(MemorySecureStore.layer)))
})
