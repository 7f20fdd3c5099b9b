/**
 * What one origin is known to serve: by resource the version that took the place of a newer one, by endpoint when its
 * version ends.
 */

/** Entries of each kind; the oldest goes first. */
const maxEntries = 256

const put = <A>(map: Map<string, A>, key: string, value: A) => {
  map.delete(key)
  map.set(key, value)
  for (const oldest of map.keys()) {
    if (map.size <= maxEntries) break
    map.delete(oldest)
  }
}

export class VersionState {
  private readonly agreed = new Map<string, { readonly version: string; readonly until: number }>()
  private readonly sunsets = new Map<string, number>()

  /** The version to ask for instead of the newest, while it is remembered; `now` in monotonic milliseconds. */
  remembered(resource: string, now: number): string | undefined {
    const known = this.agreed.get(resource)
    return known === undefined || now >= known.until ? undefined : known.version
  }

  remember(resource: string, version: string, until: number): void {
    put(this.agreed, resource, { version, until })
  }

  /** The newest is asked for again. */
  forget(resource: string): void {
    this.agreed.delete(resource)
  }

  /** Whether the end of any endpoint was announced. */
  get hasAnnounced(): boolean {
    return this.sunsets.size > 0
  }

  /** `sunset` in milliseconds since the epoch; infinite when the end has no date. */
  announce(endpoint: string, sunset: number): void {
    put(this.sunsets, endpoint, sunset)
  }

  withdraw(endpoint: string): void {
    this.sunsets.delete(endpoint)
  }

  sunset(endpoint: string): number | undefined {
    return this.sunsets.get(endpoint)
  }
}
