/**
 * The API versions this client speaks. A resource's version is the first segment of its path.
 */

/** The version requests are made with. */
export const currentApiVersion = "v2"

/** Still served, announced as deprecated by `Deprecation` (RFC 9745) and `Sunset` (RFC 8594). */
export const deprecatedApiVersion = "v1"
