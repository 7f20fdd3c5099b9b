/**
 * What reading or writing keys in clear asks for. Whoever imports this module handles key material: the keyset stores,
 * the vault and tests. A test holds the list.
 */

/** Given to a function, it says that its caller knows the result, or the argument, to be keys in clear. */
export const insecureSecretAccess: unique symbol = Symbol("InsecureSecretAccess")
export type InsecureSecretAccess = typeof insecureSecretAccess
