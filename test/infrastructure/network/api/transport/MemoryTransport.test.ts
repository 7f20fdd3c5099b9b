import { Layer } from "effect"
import * as MemoryTransport from "../../../../../src/infrastructure/network/api/transport/MemoryTransport.ts"
import { contract } from "../../../../../src/testing/contract/TransportContract.ts"
import { suite } from "../../../../../src/testing/vitest.ts"
import * as StepServer from "./StepServer.ts"

suite(contract, "memory", Layer.provideMerge(MemoryTransport.layer, StepServer.memory))
