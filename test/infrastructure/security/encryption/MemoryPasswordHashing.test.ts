import * as MemoryPasswordHashing from "../../../../src/infrastructure/security/encryption/MemoryPasswordHashing.ts"
import * as PasswordHashingContract from "../../../../src/testing/contract/PasswordHashingContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"

suite(PasswordHashingContract.contract, "memory", MemoryPasswordHashing.layer)
