/**
 * Every port a running application offers to business code.
 */
import type { Context } from "effect"
import { Analytics } from "./analytics/Analytics.ts"
import { AuthRepository } from "./auth/AuthRepository.ts"
import { Connectivity } from "./network/Connectivity.ts"
import { Realtime } from "./network/Realtime.ts"
import { NoteRepository } from "./notes/NoteRepository.ts"
import { DatabaseMaintenance } from "./operations/DatabaseMaintenance.ts"
import { Diagnostics } from "./operations/Diagnostics.ts"
import { Maintenance } from "./operations/Maintenance.ts"
import { Settings } from "./operations/Settings.ts"
import { Traces } from "./operations/Traces.ts"
import { PushNotifications } from "./push/PushNotifications.ts"
import { Biometrics } from "./security/Biometrics.ts"
import { Crypto } from "./security/Crypto.ts"
import { PasswordHashing } from "./security/PasswordHashing.ts"
import { Cache } from "./storage/Cache.ts"
import { SecureStore } from "./storage/SecureStore.ts"
import { UserRepository } from "./user/UserRepository.ts"

/** What an environment has to provide, no more and no less. */
export const ports = [
  Analytics,
  AuthRepository,
  Biometrics,
  Cache,
  Connectivity,
  Crypto,
  DatabaseMaintenance,
  Diagnostics,
  Maintenance,
  NoteRepository,
  PasswordHashing,
  PushNotifications,
  Realtime,
  SecureStore,
  Settings,
  Traces,
  UserRepository
] as const

export type Ports = Context.Tag.Identifier<(typeof ports)[number]>
