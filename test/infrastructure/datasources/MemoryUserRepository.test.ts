import { Layer } from "effect"
import * as MemoryUserRepository from "../../../src/infrastructure/datasources/MemoryUserRepository.ts"
import * as MemoryAuthRepository from "../../../src/infrastructure/services/auth/MemoryAuthRepository.ts"
import * as UserRepositoryContract from "../../../src/testing/contract/UserRepositoryContract.ts"
import { suite } from "../../../src/testing/vitest.ts"
import { accounts } from "../../support/ScriptedBackend.ts"

suite(
  UserRepositoryContract.contract,
  "memory",
  Layer.provideMerge(MemoryUserRepository.layer(), MemoryAuthRepository.layer({ accounts }))
)
