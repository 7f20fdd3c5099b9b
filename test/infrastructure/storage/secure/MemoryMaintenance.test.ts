import { Layer } from "effect"
import * as MemoryMaintenance from "../../../../src/infrastructure/storage/secure/MemoryMaintenance.ts"
import * as MemorySecureStore from "../../../../src/infrastructure/storage/secure/MemorySecureStore.ts"
import { contract } from "../../../../src/testing/contract/MaintenanceContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

suite(contract, "memory", Layer.provideMerge(MemoryMaintenance.layer, MemorySecureStore.layer))
