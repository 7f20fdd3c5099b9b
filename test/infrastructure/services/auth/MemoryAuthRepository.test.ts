import * as MemoryAuthRepository from "../../../../src/infrastructure/services/auth/MemoryAuthRepository.ts"
import * as AuthRepositoryContract from "../../../../src/testing/contract/AuthRepositoryContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import { accounts } from "../../../support/ScriptedBackend.ts"

suite(AuthRepositoryContract.contract, "memory", MemoryAuthRepository.layer({ accounts }))
