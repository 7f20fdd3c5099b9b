import { Layer } from "effect"
import * as MemoryAccessTokens from "../../../../src/infrastructure/services/auth/MemoryAccessTokens.ts"
import * as MemoryAuthRepository from "../../../../src/infrastructure/services/auth/MemoryAuthRepository.ts"
import * as AccessTokensContract from "../../../../src/testing/contract/AccessTokensContract.ts"
import { suite } from "../../../../src/testing/vitest.ts"
import { accounts } from "../../../support/ScriptedBackend.ts"

suite(
  AccessTokensContract.contract,
  "memory",
  Layer.provideMerge(MemoryAccessTokens.layer, MemoryAuthRepository.layer({ accounts }))
)
