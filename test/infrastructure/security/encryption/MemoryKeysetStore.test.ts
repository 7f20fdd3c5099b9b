import * as MemoryKeysetStore from "../../../../src/infrastructure/security/encryption/MemoryKeysetStore.ts"
import * as KeysetStoreContract from "../../../../src/testing/contract/KeysetStoreContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

suite(KeysetStoreContract.contract, "memory", MemoryKeysetStore.layer)
