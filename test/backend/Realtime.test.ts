import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Queue, Schema, Stream, TestClock } from "effect"
import { randomUUID } from "node:crypto"
import { BackendApp } from "../../src/backend/BackendApp.ts"
import { BackendFaults } from "../../src/backend/faults/Fault.ts"
import { ClientFrameJson, ServerFrameJson } from "../../src/infrastructure/network/api/contract/RealtimeFrame.ts"
import type { ClientFrame, ServerFrame } from "../../src/infrastructure/network/api/contract/RealtimeFrame.ts"
import { call, grace, layer, signIn } from "./TestBackend.ts"

const encode = Schema.encodeSync(ClientFrameJson)
const decode = Schema.decodeSync(ServerFrameJson)

const dial = (token: string) =>
  Effect.gen(function*() {
    const app = yield* BackendApp
    const socket = yield* app.connect({ authorization: `Bearer ${token}` })
    const frames = yield* Queue.unbounded<ServerFrame>()
    yield* Effect.forkScoped(Stream.runForEach(socket.receive, (text) => Queue.offer(frames, decode(text))))
    return { ...socket, say: (frame: ClientFrame) => socket.send(encode(frame)), next: Queue.take(frames) }
  })

const open = (token: string) =>
  Effect.gen(function*() {
    const peer = yield* dial(token)
    yield* peer.say({ _tag: "Hello", protocol: 1 })
    assert.strictEqual((yield* peer.next)._tag, "Welcome")
    return peer
  })

type Peer = Effect.Effect.Success<ReturnType<typeof open>>
type Position = Extract<ServerFrame, { _tag: "Subscribed" }>["position"]

const subscribe = (peer: Peer, channel: string, after?: Position) =>
  Effect.gen(function*() {
    yield* peer.say({ _tag: "Subscribe", ref: "s", channel, ...(after === undefined ? {} : { after }) })
    const frame = yield* peer.next
    assert(frame._tag === "Subscribed" && frame.ref === "s")
    return frame
  })

const publish = (peer: Peer, channel: string, data: unknown) =>
  Effect.gen(function*() {
    yield* peer.say({ _tag: "Publish", ref: "p", channel, data })
    return yield* peer.next
  })

describe("realtime", () => {
  it.scoped("a message reaches everybody of the account who listens to the channel, and nobody else", () =>
    Effect.gen(function*() {
      const { accessToken } = yield* signIn()
      const [one, two, sender] = [yield* open(accessToken), yield* open(accessToken), yield* open(accessToken)]
      const stranger = yield* open((yield* signIn(grace)).accessToken)
      yield* subscribe(one, "c")
      yield* subscribe(two, "c")
      yield* subscribe(stranger, "c")
      assert.deepStrictEqual(yield* publish(sender, "c", { hello: 1 }), { _tag: "Published", ref: "p", sequence: 1 })
      const message = { _tag: "Message", channel: "c", sequence: 1, data: { hello: 1 } } as const
      assert.deepStrictEqual(yield* one.next, message)
      assert.deepStrictEqual(yield* two.next, message)
      assert.deepStrictEqual(yield* publish(stranger, "c", "own"), { ...message, data: "own" })
    }).pipe(Effect.provide(layer)))

  it.scoped("nothing arrives after leaving the channel", () =>
    Effect.gen(function*() {
      const peer = yield* open((yield* signIn()).accessToken)
      yield* subscribe(peer, "c")
      yield* peer.say({ _tag: "Unsubscribe", ref: "u", channel: "c" })
      assert.deepStrictEqual(yield* peer.next, { _tag: "Unsubscribed", ref: "u", channel: "c" })
      assert.strictEqual((yield* publish(peer, "c", 1))._tag, "Published")
    }).pipe(Effect.provide(layer)))

  it.scoped("who comes back gets what was missed, in order and nothing twice", () =>
    Effect.gen(function*() {
      const { accessToken } = yield* signIn()
      const sender = yield* open(accessToken)
      const { position } = yield* subscribe(yield* open(accessToken), "c")
      for (let message = 1; message <= 200; message++) yield* publish(sender, "c", message)
      const again = yield* open(accessToken)
      const resumed = yield* subscribe(again, "c", position)
      assert.isTrue(resumed.recovered)
      assert.deepStrictEqual(resumed.position, position)
      for (let sequence = 1; sequence <= 200; sequence++) {
        assert.deepStrictEqual(yield* again.next, { _tag: "Message", channel: "c", sequence, data: sequence })
      }
      const later = yield* subscribe(yield* open(accessToken), "c", { ...position, sequence: 200 })
      assert.isTrue(later.recovered)
    }).pipe(Effect.provide(layer)))

  it.scoped("what the buffer no longer holds is told as not recovered", () =>
    Effect.gen(function*() {
      const { accessToken } = yield* signIn()
      const sender = yield* open(accessToken)
      const { position } = yield* subscribe(yield* open(accessToken), "c")
      for (let message = 1; message <= 201; message++) yield* publish(sender, "c", message)
      const resumed = yield* subscribe(yield* open(accessToken), "c", position)
      assert.isFalse(resumed.recovered)
      assert.deepStrictEqual(resumed.position, { ...position, sequence: 201 })
    }).pipe(Effect.provide(layer)))

  it.scoped("a position of another epoch or ahead of the channel is not recovered", () =>
    Effect.gen(function*() {
      const peer = yield* open((yield* signIn()).accessToken)
      const { position } = yield* subscribe(peer, "c")
      assert.isFalse((yield* subscribe(peer, "c", { ...position, epoch: "other" })).recovered)
      assert.isFalse((yield* subscribe(peer, "c", { ...position, sequence: 5 })).recovered)
    }).pipe(Effect.provide(layer)))

  it.scoped("large messages are forgotten earlier: a channel keeps one mebibyte", () =>
    Effect.gen(function*() {
      const { accessToken } = yield* signIn()
      const sender = yield* open(accessToken)
      const { position } = yield* subscribe(yield* open(accessToken), "c")
      for (let message = 1; message <= 3; message++) yield* publish(sender, "c", "x".repeat(500_000))
      assert.isFalse((yield* subscribe(yield* open(accessToken), "c", position)).recovered)
      const last = yield* subscribe(yield* open(accessToken), "c", { ...position, sequence: 1 })
      assert.isTrue(last.recovered)
    }).pipe(Effect.provide(layer)))

  it.scoped("an applied mutation is announced without content, a repeated one is not", () =>
    Effect.gen(function*() {
      const { accessToken: token } = yield* signIn()
      const peer = yield* open(token)
      yield* subscribe(peer, "notes")
      const mutation = {
        _tag: "Put",
        mutationId: randomUUID(),
        noteId: randomUUID(),
        baseVersion: 0,
        title: "secret title",
        text: "secret text"
      }
      const mutate = call("POST", "/v2/notes/mutations", { token, body: { mutations: [mutation] } })
      yield* mutate
      yield* mutate
      const announced = yield* peer.next
      const { body } = yield* call("GET", "/v2/notes/changes", { token })
      assert.deepStrictEqual(announced, {
        _tag: "Message",
        channel: "notes",
        sequence: 1,
        data: { cursor: String(body["cursor"]) }
      })
      assert.strictEqual((yield* publish(peer, "other", 1))._tag, "Published")
    }).pipe(Effect.provide(layer)))

  it.scoped("frames that cannot be read are answered, and the connection goes on", () =>
    Effect.gen(function*() {
      const peer = yield* open((yield* signIn()).accessToken)
      for (
        const text of ["no json", `{"_tag":"Nothing"}`, `{"_tag":"Subscribe","ref":"r","channel":"${"c".repeat(101)}"}`]
      ) {
        yield* peer.send(text)
        assert.deepStrictEqual(yield* peer.next, { _tag: "Failed", reason: "BadFrame" })
      }
      yield* peer.send("x".repeat(1_048_577))
      assert.deepStrictEqual(yield* peer.next, { _tag: "Failed", reason: "TooLarge" })
      yield* subscribe(peer, "c")
    }).pipe(Effect.provide(layer)))

  it.scoped("the 101st channel of a connection is refused", () =>
    Effect.gen(function*() {
      const peer = yield* open((yield* signIn()).accessToken)
      for (let channel = 0; channel < 100; channel++) yield* subscribe(peer, `c${channel}`)
      yield* peer.say({ _tag: "Subscribe", ref: "r", channel: "one more" })
      assert.deepStrictEqual(yield* peer.next, { _tag: "Failed", ref: "r", reason: "TooManyChannels" })
    }).pipe(Effect.provide(layer)))

  it.scoped("a connection that does not say hello first, or within ten seconds, is closed", () =>
    Effect.gen(function*() {
      const { accessToken } = yield* signIn()
      const rude = yield* dial(accessToken)
      yield* rude.say({ _tag: "Subscribe", ref: "r", channel: "c" })
      assert.strictEqual(yield* rude.closed, 4400)
      const silent = yield* dial(accessToken)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* silent.closed, 4400)
      const polite = yield* open(accessToken)
      yield* TestClock.adjust("1 minute")
      yield* subscribe(polite, "c")
    }).pipe(Effect.provide(layer)))

  it.scoped("revoking the session closes its connections and no others", () =>
    Effect.gen(function*() {
      const leaving = yield* signIn()
      const peer = yield* open(leaving.accessToken)
      const other = yield* open((yield* signIn()).accessToken)
      yield* call("POST", "/v2/sessions/revoke", { body: { refreshToken: leaving.refreshToken } })
      assert.strictEqual(yield* peer.closed, 4401)
      yield* subscribe(other, "c")
    }).pipe(Effect.provide(layer)))

  it.scoped("a refresh token used twice closes the connections of its session", () =>
    Effect.gen(function*() {
      const { accessToken, refreshToken } = yield* signIn()
      const peer = yield* open(accessToken)
      yield* call("POST", "/v2/sessions/refresh", { body: { refreshToken } })
      yield* call("POST", "/v2/sessions/refresh", { body: { refreshToken } })
      assert.strictEqual(yield* peer.closed, 4401)
    }).pipe(Effect.provide(layer)))

  it.scoped("a client that does not read is closed, and others go on", () =>
    Effect.gen(function*() {
      const { accessToken } = yield* signIn()
      const app = yield* BackendApp
      const slow = yield* app.connect({ authorization: `Bearer ${accessToken}` })
      yield* slow.send(encode({ _tag: "Hello", protocol: 1 }))
      yield* slow.send(encode({ _tag: "Subscribe", ref: "s", channel: "c" }))
      const sender = yield* open(accessToken)
      for (let message = 0; message < 1100; message++) yield* publish(sender, "c", message)
      assert.strictEqual(yield* slow.closed, 1013)
    }).pipe(Effect.provide(layer)))

  it.scoped("an upgrade without a valid token is refused with a plain answer", () =>
    Effect.gen(function*() {
      const app = yield* BackendApp
      const refused = yield* Effect.either(app.connect({ authorization: "Bearer nonsense" }))
      assert(Either.isLeft(refused) && refused.left._tag === "UpgradeRefused")
      assert.strictEqual(refused.left.status, 401)
    }).pipe(Effect.provide(layer)))

  it.scoped("cut connections end with 1006 and none can be made until they are restored", () =>
    Effect.gen(function*() {
      const { accessToken } = yield* signIn()
      const app = yield* BackendApp
      const { apply } = yield* BackendFaults
      const peer = yield* open(accessToken)
      yield* apply({ _tag: "Cut" })
      assert.strictEqual(yield* peer.closed, 1006)
      const refused = yield* Effect.either(app.connect({ authorization: `Bearer ${accessToken}` }))
      assert(Either.isLeft(refused) && refused.left._tag === "ConnectionFault")
      assert.strictEqual(refused.left.reason, "refused")
      yield* apply({ _tag: "Restore" })
      yield* open(accessToken)
    }).pipe(Effect.provide(layer)))
})
