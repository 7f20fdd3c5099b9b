import * as MemoryRealtime from "../../../../src/infrastructure/network/websocket/MemoryRealtime.ts"
import * as RealtimeContract from "../../../../src/testing/contract/RealtimeContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

suite(RealtimeContract.contract, "memory", MemoryRealtime.layer)
