/**
 * What reading and writing keysets in clear asks for. A module of its own, so that a search for its importers finds
 * everybody who handles keys.
 */
export * from "../infrastructure/security/encryption/InsecureSecretAccess.ts"
