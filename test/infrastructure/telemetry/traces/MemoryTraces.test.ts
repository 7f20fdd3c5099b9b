import * as MemoryTraces from "../../../../src/infrastructure/telemetry/traces/MemoryTraces.ts"
import { contract } from "../../../../src/testing/contract/TracesContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

suite(contract, "memory", MemoryTraces.layer)
