import * as MemoryProcessLock from "../../../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import * as ProcessLockContract from "../../../../src/testing/contract/ProcessLockContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

suite(ProcessLockContract.contract, "memory", MemoryProcessLock.layer)
