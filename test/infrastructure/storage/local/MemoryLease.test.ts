import * as MemoryLease from "../../../../src/infrastructure/storage/local/MemoryLease.ts"
import * as LeaseContract from "../../../../src/testing/contract/LeaseContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

suite(LeaseContract.contract, "memory", MemoryLease.layer)
