/**
 * Encryption and password hashing over keysets, and the presence of a person.
 */
export * as MemoryBiometrics from "../infrastructure/security/biometric/MemoryBiometrics.ts"
export * as UnavailableBiometrics from "../infrastructure/security/biometric/UnavailableBiometrics.ts"
export * as Argon2PasswordHashing from "../infrastructure/security/encryption/Argon2PasswordHashing.ts"
export * as KeysetCrypto from "../infrastructure/security/encryption/KeysetCrypto.ts"
export { KeysetStore } from "../infrastructure/security/encryption/KeysetStore.ts"
export * as MemoryCrypto from "../infrastructure/security/encryption/MemoryCrypto.ts"
export * as MemoryKeysetStore from "../infrastructure/security/encryption/MemoryKeysetStore.ts"
export * as MemoryPasswordHashing from "../infrastructure/security/encryption/MemoryPasswordHashing.ts"
export * as PreferredPasswordHashing from "../infrastructure/security/encryption/PreferredPasswordHashing.ts"
export * as ScryptPasswordHashing from "../infrastructure/security/encryption/ScryptPasswordHashing.ts"
export { Keychain } from "../infrastructure/security/keychain/Keychain.ts"
export * as MemoryKeychain from "../infrastructure/security/keychain/MemoryKeychain.ts"
