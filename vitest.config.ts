import { defineConfig } from "vitest/config"

const tiers: Record<string, string> = {
  test: "test/**/*.test.ts",
  real: "test/**/*.real.test.ts",
  torture: "test/**/*.torture.test.ts"
}

/** Three tiers, chosen by `--mode`: without one, everything that runs in this process and in virtual time. */
export default defineConfig(({ mode }) => {
  const include = tiers[mode]
  if (include === undefined) {
    throw new Error(`Unknown test tier "${mode}". Use one of: ${Object.keys(tiers).join(", ")}`)
  }
  const inProcess = mode === "test"
  const patience = mode === "torture" ? 3_600_000 : inProcess ? 20_000 : 180_000
  return {
    test: {
      include: [include],
      exclude: inProcess ? ["test/**/*.real.test.ts", "test/**/*.torture.test.ts"] : [],
      setupFiles: ["test/support/setup.ts"],
      testTimeout: patience,
      hookTimeout: patience,
      pool: inProcess ? "threads" : "forks",
      isolate: !inProcess,
      // Real peers share ports, files and two cores: one file, one test at a time.
      fileParallelism: inProcess,
      sequence: { shuffle: true, concurrent: inProcess },
      coverage: {
        provider: "v8",
        include: ["src/**/*.ts"],
        exclude: ["src/entry/**"],
        reporter: ["text-summary", "html"]
      }
    }
  }
})
