/**
 * The parts that are the same wherever the client runs.
 */
import { Array, Duration, Effect, Layer, Record } from "effect"
import { InvalidSettings, SettingIssue } from "../../domain/operations/Setting.ts"
import { ApiConfig } from "../config/env/ApiConfig.ts"
import { ProfileConfig } from "../config/env/ProfileConfig.ts"
import * as CachedUserRepository from "../datasources/CachedUserRepository.ts"
import * as SyncedNoteRepository from "../datasources/SyncedNoteRepository.ts"
import * as ApiPolicy from "../network/api/ApiPolicy.ts"
import * as LearntConnectivity from "../network/api/LearntConnectivity.ts"
import * as OriginStates from "../network/api/origin/OriginState.ts"
import * as PipelineApiClient from "../network/api/PipelineApiClient.ts"
import * as PipelineConfig from "../network/api/PipelineConfig.ts"
import * as PipelinePlainApiClient from "../network/api/PipelinePlainApiClient.ts"
import * as VersionNotices from "../network/api/version/VersionNotices.ts"
import * as WsRealtime from "../network/websocket/WsRealtime.ts"
import * as UnavailableBiometrics from "../security/biometric/UnavailableBiometrics.ts"
import * as KeysetCrypto from "../security/encryption/KeysetCrypto.ts"
import * as PasswordAuthRepository from "../services/auth/PasswordAuthRepository.ts"
import * as PasswordSession from "../services/auth/PasswordSession.ts"
import * as SessionAccessTokens from "../services/auth/SessionAccessTokens.ts"
import * as SsePushNotifications from "../services/push/SsePushNotifications.ts"
import * as SecureStoreKeysetStore from "../storage/secure/SecureStoreKeysetStore.ts"

/** Every limit of one request within the configured time. */
const deadlinesWithin = (total: Duration.Duration): ApiPolicy.ApiPolicyOptions["deadlines"] => ({
  ...Record.map(ApiPolicy.defaults.deadlines, (limit) => Duration.min(limit, total)),
  total
})

/** The configured time is all that can make a policy of ours wrong; whatever else does is a mistake in the program. */
const apiPolicy = Layer.provideMerge(
  Layer.merge(OriginStates.layer, VersionNotices.layer),
  Layer.unwrapEffect(
    Effect.gen(function*() {
      const { timeout } = yield* ApiConfig
      const { profile } = yield* ProfileConfig
      const deadlines = deadlinesWithin(timeout)
      const problems = PipelineConfig.problemsOfPolicy({ ...ApiPolicy.defaults, deadlines })
      if (!Array.isNonEmptyReadonlyArray(problems)) return ApiPolicy.layer({ deadlines })
      return yield* new InvalidSettings({
        profile,
        issues: Array.map(problems, (problem) =>
          new SettingIssue({
            key: "STRATA_API_TIMEOUT",
            problem,
            origin: "configuration",
            fix: "set at most 120 seconds"
          }))
      })
    })
  )
)

export const client = {
  apiPolicy,
  crypto: Layer.provide(KeysetCrypto.layer, SecureStoreKeysetStore.layer),
  biometrics: UnavailableBiometrics.layer("UnsupportedPlatform"),
  connectivity: LearntConnectivity.layer,
  plainApi: Layer.orDie(PipelinePlainApiClient.layer),
  auth: Layer.merge(PasswordAuthRepository.layer, SessionAccessTokens.layer).pipe(Layer.provide(PasswordSession.layer)),
  api: Layer.orDie(PipelineApiClient.layer),
  users: CachedUserRepository.layer,
  notes: SyncedNoteRepository.layer,
  realtime: WsRealtime.layer,
  push: SsePushNotifications.layer
}
