/**
 * What reading or writing keys in clear asks for. Whoever imports this module handles key material: the keyset stores,
 * the vault and tests. A test holds the list.
 */

declare const brand: unique symbol

/** Given to a function, it says that its caller knows the result, or the argument, to be keys in clear. */
export interface InsecureSecretAccess {
  readonly [brand]: true
}

/** Compared by identity: no other value passes for it. */
export const insecureSecretAccess = Object.freeze({}) as InsecureSecretAccess
