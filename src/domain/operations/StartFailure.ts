/**
 * Why an environment cannot start.
 */
import type { RemoteFailure } from "../network/RemoteFailure.ts"
import type { SecretFailure } from "../storage/SecretFailure.ts"
import type { StorageFailure } from "../storage/StorageFailure.ts"
import type { InvalidSettings } from "./Setting.ts"

export type StartFailure = InvalidSettings | RemoteFailure | SecretFailure | StorageFailure
