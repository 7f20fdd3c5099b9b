/**
 * Every port a running application offers to business code.
 */
import type { Analytics } from "./analytics/Analytics.ts"
import type { AuthRepository } from "./auth/AuthRepository.ts"
import type { Connectivity } from "./network/Connectivity.ts"
import type { Realtime } from "./network/Realtime.ts"
import type { NoteRepository } from "./notes/NoteRepository.ts"
import type { Diagnostics } from "./operations/Diagnostics.ts"
import type { Settings } from "./operations/Settings.ts"
import type { Traces } from "./operations/Traces.ts"
import type { PushNotifications } from "./push/PushNotifications.ts"
import type { Biometrics } from "./security/Biometrics.ts"
import type { Crypto } from "./security/Crypto.ts"
import type { PasswordHashing } from "./security/PasswordHashing.ts"
import type { Cache } from "./storage/Cache.ts"
import type { SecureStore } from "./storage/SecureStore.ts"
import type { UserRepository } from "./user/UserRepository.ts"

/** What an environment has to provide, no more and no less. */
export type Ports =
  | Analytics
  | AuthRepository
  | Biometrics
  | Cache
  | Connectivity
  | Crypto
  | Diagnostics
  | NoteRepository
  | PasswordHashing
  | PushNotifications
  | Realtime
  | SecureStore
  | Settings
  | Traces
  | UserRepository
