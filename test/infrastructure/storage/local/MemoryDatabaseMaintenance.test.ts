import { contract } from "../../../../src/testing/contract/DatabaseMaintenanceContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import { adapterUnderTest } from "./MemoryDatabaseUnderTest.ts"

suite(contract, "memory", adapterUnderTest())
