import * as MemorySecureStore from "../../../../src/infrastructure/storage/secure/MemorySecureStore.ts"
import * as SecureStoreContract from "../../../../src/testing/contract/SecureStoreContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

suite(SecureStoreContract.contract, "memory", MemorySecureStore.layer)
