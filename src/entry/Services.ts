/**
 * Signing in, analytics and push.
 */
export * as MemoryAccessTokens from "../infrastructure/services/auth/MemoryAccessTokens.ts"
export * as MemoryAuthRepository from "../infrastructure/services/auth/MemoryAuthRepository.ts"
export * as PasswordAuthRepository from "../infrastructure/services/auth/PasswordAuthRepository.ts"
export { PasswordSession } from "../infrastructure/services/auth/PasswordSession.ts"
export * as SessionAccessTokens from "../infrastructure/services/auth/SessionAccessTokens.ts"
