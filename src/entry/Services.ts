/**
 * Signing in, analytics and push.
 */
export * as FileAnalytics from "../infrastructure/services/analytics/FileAnalytics.ts"
export * as MemoryAnalytics from "../infrastructure/services/analytics/MemoryAnalytics.ts"
export * as MemoryAccessTokens from "../infrastructure/services/auth/MemoryAccessTokens.ts"
export * as MemoryAuthRepository from "../infrastructure/services/auth/MemoryAuthRepository.ts"
export * as PasswordAuthRepository from "../infrastructure/services/auth/PasswordAuthRepository.ts"
export { PasswordSession } from "../infrastructure/services/auth/PasswordSession.ts"
export * as SessionAccessTokens from "../infrastructure/services/auth/SessionAccessTokens.ts"
export * as MemoryPushNotifications from "../infrastructure/services/push/MemoryPushNotifications.ts"
export * as SsePushNotifications from "../infrastructure/services/push/SsePushNotifications.ts"
