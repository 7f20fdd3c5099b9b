/**
 * The backend's devices and their message streams, which can be cut.
 */
import { Effect } from "effect"
import { ConnectionRefused } from "../../../../src/infrastructure/network/api/transport/MemoryServer.ts"
import * as ScriptedServer from "../../network/ScriptedServer.ts"

interface Device {
  topics: ReadonlyArray<string>
  readonly messages: Array<{ readonly id: string; readonly text: string }>
}

export const make = () => {
  const devices = new Map<string, Device>()
  const streams = new Map<ReadableStreamDefaultController<Uint8Array>, string>()
  const encoder = new TextEncoder()
  let ids = 0
  const fake = {
    devices,
    reachable: true,
    /** Answers of the stream in place of the stream. */
    refuse: undefined as Response | undefined,
    opened: 0,
    lastEventIds: [] as Array<string | undefined>,
    open: () => streams.size,
    write: (text: string) => {
      for (const stream of streams.keys()) stream.enqueue(encoder.encode(text))
    },
    cut: () => {
      for (const stream of streams.keys()) stream.error(new Error("cut"))
      streams.clear()
    },
    end: () => {
      for (const stream of streams.keys()) stream.close()
      streams.clear()
    },
    /** To every device that wants the topic. */
    send: (topic: string, title: string) => {
      const id = `m${++ids}`
      const data = JSON.stringify({ id, topic, title, sentAt: "2026-01-01T00:00:00Z" })
      const text = `id: ${id}\ndata: ${data}\n\n`
      for (const [name, device] of devices) {
        if (!device.topics.includes(topic)) continue
        device.messages.push({ id, text })
        for (const [stream, owner] of streams) if (owner === name) stream.enqueue(encoder.encode(text))
      }
    }
  }

  const messages = (name: string, after: string | undefined) => {
    const device = devices.get(name)
    fake.lastEventIds.push(after)
    if (fake.refuse !== undefined) return fake.refuse.clone()
    if (device === undefined) return ScriptedServer.json(404, {})
    fake.opened++
    let own: ReadableStreamDefaultController<Uint8Array>
    const missed = device.messages.slice(device.messages.findIndex(({ id }) => id === after) + 1)
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = controller
        streams.set(controller, name)
        for (const { text } of missed) controller.enqueue(encoder.encode(text))
      },
      cancel: () => void streams.delete(own)
    })
    return new Response(body, { headers: { "content-type": "text/event-stream" } })
  }

  const server = ScriptedServer.make(({ body, headers, method, url }) => {
    if (!fake.reachable) return new ConnectionRefused()
    const name = url.pathname.split("/")[3] ?? ""
    if (url.pathname.endsWith("/messages")) return messages(name, headers["last-event-id"])
    if (method === "DELETE") {
      return devices.delete(name) ? new Response(null, { status: 204 }) : ScriptedServer.json(404, {})
    }
    const { topics } = JSON.parse(body) as { readonly topics: ReadonlyArray<string> }
    devices.set(name, { topics, messages: devices.get(name)?.messages ?? [] })
    return Effect.succeed(
      ScriptedServer.json(200, { deviceId: name, topics, registeredAt: "2026-01-01T00:00:00Z" })
    )
  })
  return { fake, layer: server.layer, requests: server.requests }
}
