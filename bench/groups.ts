import type { Benchmark, Result } from "./Harness.ts"

export interface Group {
  readonly benchmarks: ReadonlyArray<Benchmark>

  /** What is no ratio: a text for a person, and lines for a machine. */
  readonly comparison?: () => Promise<{ readonly table: string; readonly lines: string }>

  /**
   * Many sides that the group measures itself, all in one run, telling which; by default in as many rounds as it thinks
   * enough.
   */
  readonly together?: (tell: (what: string) => void, rounds?: number) => Promise<{
    readonly results: ReadonlyArray<Result>
    readonly table: string
    readonly lines: string
  }>

  /** Said once, when something is missing that the group would measure against. */
  readonly notice?: string | undefined
}

/** Loaded when asked for, so that one group's peers cost another nothing. */
export const groups: Readonly<Record<string, () => Promise<Group>>> = {
  cache: () => import("./groups/Cache.ts"),
  crypto: () => import("./groups/Crypto.ts"),
  database: () => import("./groups/Database.ts"),
  http: () => import("./groups/Http.ts"),
  keychain: () => import("./groups/Keychain.ts"),
  peers: () => import("./groups/Peers.ts"),
  startup: () => import("./groups/Startup.ts"),
  telemetry: () => import("./groups/Telemetry.ts"),
  vault: () => import("./groups/Vault.ts")
}
