import { Effect, Layer, Stream } from "effect"
import { Realtime } from "../../../src/domain/network/Realtime.ts"
import type { RealtimeMessage } from "../../../src/domain/network/Realtime.ts"
import * as MemoryRealtime from "../../../src/infrastructure/network/websocket/MemoryRealtime.ts"
import { contract } from "../../../src/testing/contract/RealtimeContract.ts"
import { bites } from "../../../src/testing/vitest.ts"

type Service = typeof Realtime.Service

/** The memory adapter with one part replaced. */
const broken = (replace: (sound: Service) => Partial<Service>) =>
  Layer.effect(Realtime, Effect.map(Realtime, (sound) => ({ ...sound, ...replace(sound) }))).pipe(
    Layer.provide(MemoryRealtime.layer)
  )

const eachMessage = (change: (message: RealtimeMessage, index: number) => RealtimeMessage) =>
  broken((sound) => ({
    subscribe: (channel) =>
      Stream.map(Stream.zipWithIndex(sound.subscribe(channel)), ([message, index]) => change(message, index))
  }))

bites(contract, "numbers nothing", eachMessage((message) => ({ ...message, sequence: 1 })))
bites(contract, "names another channel", eachMessage((message) => ({ ...message, channel: "other" })))
bites(
  contract,
  "tells no gap",
  broken((sound) => ({
    subscribe: (channel) => Stream.filter(sound.subscribe(channel), ({ _tag }) => _tag === "Message")
  }))
)
bites(
  contract,
  "mixes channels",
  broken((sound) => ({ subscribe: () => sound.subscribe("a"), publish: (_, data) => sound.publish("a", data) }))
)
bites(
  contract,
  "doubles messages",
  broken((sound) => ({
    publish: (channel, data) => Effect.zipRight(sound.publish(channel, data), sound.publish(channel, data))
  }))
)
bites(
  contract,
  "accepts anything",
  broken((sound) => ({ publish: (channel, data) => sound.publish(channel, typeof data === "bigint" ? 1 : data) }))
)
bites(
  contract,
  "is open before anybody listens",
  broken(() => ({ status: Stream.make("open" as const, "idle" as const) }))
)
