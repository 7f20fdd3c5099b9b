import type { Benchmark } from "./Harness.ts"

/** Loaded when asked for, so that one group's peers cost another nothing. */
export const groups: Readonly<Record<string, () => Promise<{ readonly benchmarks: ReadonlyArray<Benchmark> }>>> = {
  startup: () => import("./groups/Startup.ts"),
  telemetry: () => import("./groups/Telemetry.ts")
}
