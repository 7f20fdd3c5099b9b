/**
 * The typed API client, the realtime socket and what is known about the connection.
 */
export { AccessTokens } from "../infrastructure/network/api/AccessTokens.ts"
export { ApiClient } from "../infrastructure/network/api/ApiClient.ts"
export { DeadlineExceeded, TransportFailure } from "../infrastructure/network/api/ApiError.ts"
export { ApiOrigin } from "../infrastructure/network/api/ApiOrigin.ts"
export {
  ApiPolicy,
  defaults as apiPolicyDefaults,
  layer as apiPolicyLayer
} from "../infrastructure/network/api/ApiPolicy.ts"
export type { ApiPolicyOptions, EndpointPolicy } from "../infrastructure/network/api/ApiPolicy.ts"
export * as CallOptions from "../infrastructure/network/api/CallOptions.ts"
export { versioned } from "../infrastructure/network/api/CallOptions.ts"
export * as LearntConnectivity from "../infrastructure/network/api/LearntConnectivity.ts"
export * as MemoryConnectivity from "../infrastructure/network/api/MemoryConnectivity.ts"
export * as OriginStates from "../infrastructure/network/api/origin/OriginState.ts"
export * as PipelineApiClient from "../infrastructure/network/api/PipelineApiClient.ts"
export { NetworkConfigError } from "../infrastructure/network/api/PipelineConfig.ts"
export * as PipelinePlainApiClient from "../infrastructure/network/api/PipelinePlainApiClient.ts"
export { PlainApiClient } from "../infrastructure/network/api/PlainApiClient.ts"
export { Reachability } from "../infrastructure/network/api/Reachability.ts"
export * as DeadlineTimer from "../infrastructure/network/api/transport/DeadlineTimer.ts"
export { discard } from "../infrastructure/network/api/transport/Discard.ts"
export * as HttpClientTransport from "../infrastructure/network/api/transport/HttpClientTransport.ts"
export { MemoryServer } from "../infrastructure/network/api/transport/MemoryServer.ts"
export * as MemoryTransport from "../infrastructure/network/api/transport/MemoryTransport.ts"
export { Transport } from "../infrastructure/network/api/transport/Transport.ts"
export type { PhaseLimits } from "../infrastructure/network/api/transport/Transport.ts"
export * as UndiciTransport from "../infrastructure/network/api/transport/UndiciTransport.ts"
export * as ApiVersions from "../infrastructure/network/api/version/ApiVersions.ts"
export { VersionNotice } from "../infrastructure/network/api/version/VersionNotice.ts"
export * as VersionNotices from "../infrastructure/network/api/version/VersionNotices.ts"
export type { Attempt } from "../infrastructure/network/interceptors/Attempt.ts"
export type { Call } from "../infrastructure/network/interceptors/Call.ts"
export type {
  AttemptInterceptor,
  CallInterceptor,
  Interceptor,
  LoopInterceptor
} from "../infrastructure/network/interceptors/Interceptor.ts"
export type { Stage } from "../infrastructure/network/interceptors/Stage.ts"
export * as MemoryRealtime from "../infrastructure/network/websocket/MemoryRealtime.ts"
export * as MemorySocket from "../infrastructure/network/websocket/MemorySocket.ts"
export { RealtimeSocket } from "../infrastructure/network/websocket/RealtimeSocket.ts"
export * as WsRealtime from "../infrastructure/network/websocket/WsRealtime.ts"
export * as WsSocket from "../infrastructure/network/websocket/WsSocket.ts"
