import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck } from "effect"
import * as Address from "../../../../../src/infrastructure/security/keychain/dbus/Address.ts"
import * as Frames from "../../../../../src/infrastructure/security/keychain/dbus/Frames.ts"
import * as Message from "../../../../../src/infrastructure/security/keychain/dbus/Message.ts"
import type { Value } from "../../../../../src/infrastructure/security/keychain/dbus/Value.ts"

const seed = 20261122

const call = (signature: string, body: ReadonlyArray<Value>): Message.Message => ({
  type: "call",
  serial: 7,
  path: "/a/b_1",
  interface: "a.b",
  member: "C",
  destination: "a.b.c",
  signature,
  body
})

const encoded = (message: Message.Message) => Either.getOrThrow(Message.encode(message))

const values: ReadonlyArray<readonly [string, Value]> = [
  ["y", 255],
  ["b", true],
  ["n", -32768],
  ["q", 65535],
  ["i", -2147483648],
  ["u", 4294967295],
  ["x", -(2n ** 63n)],
  ["t", 2n ** 64n - 1n],
  ["d", 0.1],
  ["s", "日本 🔑"],
  ["o", "/a/b_1"],
  ["g", "a{sv}(oayays)b"],
  ["ay", Uint8Array.of(0, 255)],
  ["as", ["", "a"]],
  ["a(us)", [[1, "a"], [2, "b"]]],
  ["v", { signature: "ai", value: [1, -1] }],
  ["a{sv}", new Map([["a", { signature: "u", value: 1 }], ["b", { signature: "s", value: "x" }]])]
]

const every = call(values.map(([signature]) => signature).join(""), values.map(([, value]) => value))

describe("D-Bus messages", () => {
  it("come back as they were, whatever stands before a value", () => {
    assert.deepStrictEqual(Message.decode(encoded(every)), Either.right(every))
    for (const [signature, value] of values) {
      const message = call(`y${signature}`, [1, value])
      assert.deepStrictEqual(Message.decode(encoded(message)), Either.right(message), signature)
    }
  })

  it("are laid out as the specification says", () => {
    const message: Message.Message = { type: "return", serial: 1, replySerial: 2, signature: "s", body: ["hi"] }
    assert.strictEqual(
      encoded(message).toString("hex"),
      "6c02010107000000010000000f0000000501750002000000080167000173000002000000686900"
    )
  })

  it("are read in the other byte order too", () => {
    const big = Buffer.from("4202010100000004000000010000000f050175000000000208016700017500000000002a", "hex")
    const read = Either.getOrThrow(Message.decode(big))
    assert.deepStrictEqual(read?.body, [42])
    assert.strictEqual(read?.replySerial, 2)
  })

  it("refuse values that their signature does not allow", () => {
    const wrong: ReadonlyArray<readonly [string, Value]> = [
      ["y", 256],
      ["u", -1],
      ["i", 0.5],
      ["t", 2n ** 64n],
      ["b", 1],
      ["s", "a\0b"],
      ["s", "\ud800"],
      ["o", "a/b"],
      ["o", "/a/"],
      ["g", "a"],
      ["g", "{sv}"],
      ["as", "x"],
      ["(s)", ["a", "b"]],
      ["v", "x"],
      ["v", { signature: "ss", value: "a" }],
      ["s", 1],
      ["()", []],
      ["z", 1],
      ["a".repeat(100) + "y", []]
    ]
    for (const [signature, value] of wrong) {
      assert.isTrue(Either.isLeft(Message.encode(call(signature, [value]))), `${signature} ${String(value)}`)
    }
  })

  it("damaged anywhere are read or refused, and nothing else", () => {
    const bytes = encoded(every)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Uint8Array.from(bytes)
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const result = Message.decode(damaged)
      if (Either.isLeft(result)) assert.strictEqual(result.left._tag, "DBusMalformed")
    }
    for (let length = 16; length < bytes.length; length++) {
      assert.isTrue(Either.isLeft(Message.decode(bytes.subarray(0, length))), `${length} bytes`)
    }
  })

  it("of noise are refused or read, and nothing else", () => {
    let refused = 0
    FastCheck.assert(
      FastCheck.property(FastCheck.uint8Array({ minLength: 16, maxLength: 200 }), (bytes) => {
        bytes[0] = 0x6c
        const result = Message.decode(bytes)
        if (Either.isLeft(result) && result.left._tag === "DBusMalformed") refused += 1
      }),
      { seed }
    )
    assert.isAbove(refused, 0)
  })

  it("are cut from a stream wherever it breaks, and never above the limit", () => {
    const one = encoded(every)
    const stream = Buffer.concat([one, one, one])
    for (const size of [1, 7, 16, 100, stream.length]) {
      const frames = Frames.make(one.length)
      const messages: Array<Uint8Array> = []
      for (let at = 0; at < stream.length; at += size) {
        messages.push(...Either.getOrThrow(frames(stream.subarray(at, at + size))))
      }
      assert.deepStrictEqual(messages.map((bytes) => Buffer.compare(bytes, one)), [0, 0, 0])
    }
    assert.isTrue(Either.isLeft(Frames.make(one.length - 1)(one.subarray(0, 16))))
    assert.isTrue(Either.isLeft(Frames.make(1000)(Buffer.from("GET / HTTP/1.1\r\n\r\n"))))
  })
})

describe("D-Bus addresses", () => {
  it("give the unix sockets, in order", () => {
    const list = "tcp:host=x,port=1;unix:path=/run/user/1/bus,guid=ab;unix:abstract=/tmp/dbus-x;unix:path=%2fa%20b"
    assert.deepStrictEqual(Address.sockets(list), ["/run/user/1/bus", "\0/tmp/dbus-x", "/a b"])
  })

  it("that mean nothing give none", () => {
    for (
      const address of ["", ";", "unix:", "unix:path=", "unix:path=/a,abstract=b", "unix:path=a b", "unix:path=%zz"]
    ) {
      assert.deepStrictEqual(Address.sockets(address), [], address)
    }
  })
})
