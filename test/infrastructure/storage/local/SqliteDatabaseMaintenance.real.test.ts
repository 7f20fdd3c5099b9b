import { contract } from "../../../../src/testing/contract/DatabaseMaintenanceContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import * as DatabaseUnderTest from "./DatabaseUnderTest.ts"

suite(contract, "SQLite", DatabaseUnderTest.layer)
