import { Effect, Layer } from "effect"
import * as MemoryConnectivity from "../../../../src/infrastructure/network/api/MemoryConnectivity.ts"
import * as ConnectivityContract from "../../../../src/testing/contract/ConnectivityContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

const line = Layer.effect(
  ConnectivityContract.Line,
  Effect.map(MemoryConnectivity.ConnectivitySwitch, ({ set }) => ({ cut: set("offline"), restore: set("online") }))
)

suite(ConnectivityContract.contract, "memory", Layer.provideMerge(line, MemoryConnectivity.layer))
