import { contract } from "../../../../src/testing/contract/MaintenanceContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import * as MaintenanceFixture from "./MaintenanceFixture.ts"

suite(contract, "vault", MaintenanceFixture.layer)
