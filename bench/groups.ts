import type { Benchmark } from "./Harness.ts"

/** Loaded when asked for, so that one group's peers cost another nothing. */
export const groups: Readonly<Record<string, () => Promise<{ readonly benchmarks: ReadonlyArray<Benchmark> }>>> = {
  crypto: () => import("./groups/Crypto.ts"),
  keychain: () => import("./groups/Keychain.ts"),
  startup: () => import("./groups/Startup.ts"),
  telemetry: () => import("./groups/Telemetry.ts"),
  vault: () => import("./groups/Vault.ts")
}
