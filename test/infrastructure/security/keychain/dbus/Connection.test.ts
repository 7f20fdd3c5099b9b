import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Exit, Fiber, Queue } from "effect"
import { createServer } from "node:net"
import type { Socket } from "node:net"
import { join } from "node:path"
import type { Connection, Limits } from "../../../../../src/infrastructure/security/keychain/dbus/Connection.ts"
import * as Frames from "../../../../../src/infrastructure/security/keychain/dbus/Frames.ts"
import * as Message from "../../../../../src/infrastructure/security/keychain/dbus/Message.ts"
import * as SessionBus from "../../../../../src/infrastructure/security/keychain/dbus/SessionBus.ts"
import { temporaryFolder } from "../../../../support/temporaryFolder.ts"

type Answer = Partial<Message.Message> | Buffer | "close" | undefined

const reply = (call: Message.Message, answer: Partial<Message.Message>) =>
  Either.getOrThrow(
    Message.encode({
      type: "return",
      serial: call.serial,
      replySerial: call.serial,
      signature: "",
      body: [],
      ...answer
    })
  )

/** Shakes hands, then answers calls as told: with a reply, with raw bytes, by hanging up, or not at all. */
const serve = (socket: Socket, answer: (call: Message.Message) => Answer) => {
  const frames = Frames.make(1024 * 1024)
  let greeting = ""
  let speaking = false
  const take = (chunk: Buffer) => {
    for (const bytes of Either.getOrThrow(frames(chunk))) {
      const call = Either.getOrThrow(Message.decode(bytes))
      if (call === undefined) continue
      const given = call.member === "Hello" || call.member === "AddMatch" ? {} : answer(call)
      if (given === "close") socket.destroy()
      else if (Buffer.isBuffer(given)) socket.write(given)
      else if (given !== undefined) socket.write(reply(call, given))
    }
  }
  socket.on("error", () => {}).on("data", (chunk: Buffer) => {
    if (speaking) return take(chunk)
    greeting += chunk.toString("latin1")
    if (greeting.includes("AUTH EXTERNAL") && !greeting.includes("BEGIN")) socket.write("OK 0123456789abcdef\r\n")
    const begin = greeting.indexOf("BEGIN\r\n")
    if (begin === -1) return
    speaking = true
    take(Buffer.from(greeting.slice(begin + 7), "latin1"))
  })
}

const listen = (onSocket: (socket: Socket) => void) =>
  Effect.gen(function*() {
    const path = join(yield* temporaryFolder, "bus")
    const open = new Set<Socket>()
    yield* Effect.acquireRelease(
      Effect.async<ReturnType<typeof createServer>>((resume) => {
        const server = createServer((socket) => {
          open.add(socket)
          onSocket(socket)
        }).listen(path, () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.async<void>((resume) => {
          for (const socket of open) socket.destroy()
          server.close(() => resume(Effect.void))
        })
    )
    return `unix:path=${path}`
  })

const connected = (answer: (call: Message.Message) => Answer, limits?: Limits) =>
  Effect.flatMap(
    listen((socket) => serve(socket, answer)),
    (address) => SessionBus.open(`unix:path=/nonexistent;${address}`, limits === undefined ? {} : { limits })
  )

const call = (connection: Connection, member: string) =>
  connection.call({ destination: "a.b", path: "/", interface: "a.b", member })

describe("a D-Bus connection", () => {
  it.scoped("answers calls in any order, each to its caller", () =>
    Effect.gen(function*() {
      const connection = yield* connected(({ member = "" }) => ({ signature: "s", body: [member] }))
      const members = Array.from({ length: 100 }, (_, index) => `M${index}`)
      const answers = yield* Effect.forEach(members, (member) => call(connection, member), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(answers.map(({ body }) => body[0]), members)
      assert.strictEqual(connection.pending(), 0)
    }))

  it.scoped("forgets an interrupted call, and ignores its late answer", () =>
    Effect.gen(function*() {
      let late: Buffer | undefined
      const connection = yield* connected((request) => {
        if (request.member !== "Slow") return Buffer.concat([late ?? Buffer.alloc(0), reply(request, {})])
        late = reply(request, {})
        return undefined
      })
      const slow = yield* Effect.fork(call(connection, "Slow"))
      yield* Effect.yieldNow()
      assert.strictEqual(connection.pending(), 1)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(slow)))
      assert.strictEqual(connection.pending(), 0)
      yield* call(connection, "Next")
    }))

  it.scoped("gives an error's name", () =>
    Effect.gen(function*() {
      const connection = yield* connected(() => ({
        type: "error",
        errorName: "a.b.Failed",
        signature: "s",
        body: ["x"]
      }))
      const failure = yield* Effect.flip(call(connection, "M"))
      assert.deepStrictEqual([failure._tag, "name" in failure && failure.name], ["DBusError", "a.b.Failed"])
    }))

  it.scoped("fails every call, now and later, when the peer hangs up or talks nonsense", () =>
    Effect.gen(function*() {
      const huge = Buffer.from("6c01000100000000010000000000ff7f", "hex")
      for (const answer of ["close" as const, Buffer.from("nonsense nonsense"), huge]) {
        const connection = yield* connected(({ member }) => (member === "Last" ? answer : undefined))
        const ended = yield* Effect.fork(Effect.flip(connection.ended))
        const waiting = yield* Effect.fork(Effect.flip(call(connection, "Waiting")))
        assert.strictEqual((yield* Effect.flip(call(connection, "Last")))._tag, "DBusDisconnected")
        assert.strictEqual((yield* Fiber.join(waiting))._tag, "DBusDisconnected")
        assert.strictEqual((yield* Fiber.join(ended))._tag, "DBusDisconnected")
        assert.strictEqual((yield* Effect.flip(call(connection, "After")))._tag, "DBusDisconnected")
        assert.isFalse(connection.isOpen())
        assert.strictEqual(connection.pending(), 0)
      }
    }))

  it.scoped("bounds calls and bytes that wait", () =>
    Effect.gen(function*() {
      const connection = yield* connected(() => undefined, { message: 4096, calls: 2, backlog: 4096, signals: 1 })
      const large = { destination: "a.b", path: "/", interface: "a.b", member: "M", signature: "ay" }
      const tooMuch = yield* Effect.flip(connection.call({ ...large, body: [new Uint8Array(5000)] }))
      assert.deepStrictEqual([tooMuch._tag, "what" in tooMuch && tooMuch.what], ["DBusOverloaded", "bytes"])
      yield* Effect.fork(call(connection, "A"))
      yield* Effect.fork(call(connection, "B"))
      yield* Effect.yieldNow()
      const tooMany = yield* Effect.flip(call(connection, "C"))
      assert.deepStrictEqual([tooMany._tag, "what" in tooMany && tooMany.what], ["DBusOverloaded", "calls"])
    }))

  it.scoped("delivers the signals of a rule, until its scope closes", () =>
    Effect.gen(function*() {
      const rule = { sender: ":1.1", path: "/p", interface: "a.b", member: "S" }
      const signal = (sender: string, text: string) =>
        reply({ ...rule, type: "call", serial: 9, signature: "", body: [] }, {
          ...rule,
          type: "signal",
          sender,
          signature: "s",
          body: [text]
        })
      const connection = yield* connected((request) =>
        request.member === "Emit"
          ? Buffer.concat([signal(":1.2", "forged"), signal(":1.1", "real"), reply(request, {})])
          : undefined
      )
      yield* Effect.scoped(Effect.gen(function*() {
        const signals = yield* connection.signals(rule)
        yield* call(connection, "Emit")
        assert.deepStrictEqual((yield* Queue.take(signals)).body, ["real"])
        assert.strictEqual(yield* Queue.size(signals), 0)
      }))
      yield* call(connection, "Emit")
      assert.isTrue(connection.isOpen())
    }))

  it.scoped("is not made with a peer that refuses us or hangs up", () =>
    Effect.gen(function*() {
      for (const greeting of ["REJECTED EXTERNAL\r\n", "x".repeat(5000), ""]) {
        const address = yield* listen((socket) =>
          socket.on("error", () => {}).once("data", () =>
            void (greeting === "" ? socket.destroy() : socket.write(greeting)))
        )
        assert.strictEqual((yield* Effect.flip(SessionBus.open(address)))._tag, "DBusUnreachable")
      }
    }))

  it.scoped("stops waiting for a peer that never says anything, when interrupted", () =>
    Effect.gen(function*() {
      const address = yield* listen((socket) => void socket.resume())
      const opening = yield* Effect.fork(Effect.scoped(SessionBus.open(address)))
      yield* Effect.yieldNow()
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(opening)))
    }))
})
