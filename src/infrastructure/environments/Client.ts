/**
 * The parts that are the same wherever the client runs.
 */
import { Effect, Layer } from "effect"
import { ApiConfig } from "../config/env/ApiConfig.ts"
import * as CachedUserRepository from "../datasources/CachedUserRepository.ts"
import * as SyncedNoteRepository from "../datasources/SyncedNoteRepository.ts"
import * as ApiPolicy from "../network/api/ApiPolicy.ts"
import * as LearntConnectivity from "../network/api/LearntConnectivity.ts"
import * as OriginStates from "../network/api/origin/OriginState.ts"
import * as PipelineApiClient from "../network/api/PipelineApiClient.ts"
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

const apiPolicy = Layer.provideMerge(
  Layer.merge(OriginStates.layer, VersionNotices.layer),
  Layer.unwrapEffect(
    Effect.map(
      ApiConfig,
      ({ timeout }) => ApiPolicy.layer({ deadlines: { ...ApiPolicy.defaults.deadlines, total: timeout } })
    )
  )
)

export const client = {
  apiPolicy,
  crypto: Layer.provide(KeysetCrypto.layer, SecureStoreKeysetStore.layer),
  biometrics: UnavailableBiometrics.layer("UnsupportedPlatform"),
  connectivity: LearntConnectivity.layer,
  plainApi: PipelinePlainApiClient.layer,
  auth: Layer.merge(PasswordAuthRepository.layer, SessionAccessTokens.layer).pipe(Layer.provide(PasswordSession.layer)),
  api: PipelineApiClient.layer,
  users: CachedUserRepository.layer,
  notes: SyncedNoteRepository.layer,
  realtime: WsRealtime.layer,
  push: SsePushNotifications.layer
}
