import * as MemoryCrypto from "../../../../src/infrastructure/security/encryption/MemoryCrypto.ts"
import * as CryptoContract from "../../../../src/testing/contract/CryptoContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

suite(CryptoContract.contract, "memory", MemoryCrypto.layer)
