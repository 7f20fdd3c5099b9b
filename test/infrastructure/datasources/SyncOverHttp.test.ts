import { assert, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, TestClock } from "effect"
import { AuthRepository } from "../../../src/domain/auth/AuthRepository.ts"
import { NoteRepository } from "../../../src/domain/notes/NoteRepository.ts"
import * as SyncedNoteRepository from "../../../src/infrastructure/datasources/SyncedNoteRepository.ts"
import { AccessTokens } from "../../../src/infrastructure/network/api/AccessTokens.ts"
import { loginRequest } from "../../../src/testing/contract/AuthRepositoryContract.ts"
import { draft, now } from "../../../src/testing/contract/NoteRepositoryContract.ts"
import { ScriptedBackend } from "../../support/ScriptedBackend.ts"
import * as Apis from "../network/Apis.ts"
import * as ScriptedServer from "../network/ScriptedServer.ts"
import { machine } from "./devices.ts"

/** A device of `ada` over the whole pipeline; every request gets the server's answer. */
const overHttp = <A, E>(
  body: (around: {
    readonly notes: typeof NoteRepository.Service
    readonly login: (username: "ada" | "grace") => Effect.Effect<void>
    readonly server: { answer: () => Effect.Effect<Response>; readonly requests: ReadonlyArray<unknown> }
  }) => Effect.Effect<A, E>
) =>
  Effect.suspend(() => {
    const { layer, requests } = ScriptedServer.make(() => server.answer())
    const server = { answer: () => Effect.succeed(ScriptedServer.json(503, {})), requests }
    return Effect.gen(function*() {
      const auth = yield* AuthRepository
      const login = (username: "ada" | "grace") => Effect.asVoid(Effect.orDie(auth.login(loginRequest(username))))
      yield* login("ada")
      const tokens = yield* AccessTokens
      const api = Apis.layer(layer, Layer.succeed(AccessTokens, tokens))
      const notes = yield* Effect.map(
        Layer.build(Layer.provide(SyncedNoteRepository.layer, api)),
        Context.get(NoteRepository)
      )
      return yield* body({ notes, login, server })
    }).pipe(Effect.provide(machine(new ScriptedBackend())))
  })

for (const status of [503, 401, 422]) {
  it.scoped(`nothing of one account is sent as another that signs in before the attempt after a ${status}`, () =>
    overHttp(({ login, notes, server }) =>
      Effect.gen(function*() {
        server.answer = () => Effect.as(login("grace"), ScriptedServer.json(status, { type: "/problems/rejected" }))
        yield* notes.save(draft(1, "Ada's"))
        yield* notes.save(draft(2, "Ada's, too"))
        const fiber = yield* Effect.fork(Effect.flip(notes.sync))
        yield* TestClock.adjust("10 minutes")
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "Unauthenticated")
        assert.strictEqual(server.requests.length, 1)
        yield* login("ada")
        assert.strictEqual((yield* now(notes)).pending, 2)
      })
    ))
}

const refusals = [
  ...[400, 402, 405, 407, 411, 414, 418, 431, 451].map((status) => ({ status, type: "/problems/rejected" })),
  { status: 422, type: "about:blank" },
  { status: 422, type: undefined }
]

for (const { status, type } of refusals) {
  it.scoped(`a ${status} with type ${type} parks nothing: what waits is sent again`, () =>
    overHttp(({ notes, server }) =>
      Effect.gen(function*() {
        server.answer = () => Effect.succeed(ScriptedServer.json(status, { type }))
        yield* notes.save(draft(1, "one"))
        yield* notes.save(draft(2, "two"))
        for (const round of [1, 2]) {
          assert.strictEqual((yield* Effect.flip(notes.sync))._tag, "Rejected")
          assert.strictEqual(server.requests.length, round)
          assert.strictEqual((yield* now(notes)).pending, 2)
        }
      })
    ))
}

for (const { status, type } of [{ status: 422, type: "/problems/rejected" }, { status: 413, type: "about:blank" }]) {
  it.scoped(`a ${status} halves the batch and parks the single change that it is about`, () =>
    overHttp(({ notes, server }) =>
      Effect.gen(function*() {
        server.answer = () => Effect.succeed(ScriptedServer.json(status, { type }))
        yield* notes.save(draft(1, "one"))
        yield* notes.save(draft(2, "two"))
        const fiber = yield* Effect.fork(Effect.flip(notes.sync))
        yield* TestClock.adjust("10 minutes")
        // The batch, both of its halves, and the pull, which gets the same answer.
        yield* Fiber.join(fiber)
        assert.strictEqual(server.requests.length, 4)
        assert.strictEqual((yield* now(notes)).pending, 0)
        assert.deepStrictEqual((yield* now(notes)).data.map(({ synced }) => synced), [false, false])
      })
    ))
}
