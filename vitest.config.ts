import { defineConfig } from "vitest/config"

/** What `--mode` adds to the first tier, which runs in this process and in virtual time. */
const furtherTiers: Record<string, string> = {
  real: "test/**/*.real.test.ts",
  torture: "test/**/*.torture.test.ts"
}

export default defineConfig(({ mode }) => {
  const further = furtherTiers[mode]
  const first = further === undefined
  const patience = mode === "torture" ? 3_600_000 : first ? 60_000 : 180_000
  return {
    test: {
      include: [further ?? "test/**/*.test.ts"],
      exclude: first ? Object.values(furtherTiers) : [],
      setupFiles: ["test/support/setup.ts"],
      testTimeout: patience,
      hookTimeout: patience,
      pool: first ? "threads" : "forks",
      poolOptions: { threads: { minThreads: 2, maxThreads: 2 } },
      isolate: !first,
      // Real peers share ports, files and cores: one file, one test at a time.
      fileParallelism: first,
      // Where a file lets its tests run side by side, each program has a core on the smallest machine.
      ...(first ? {} : { maxConcurrency: 2 }),
      sequence: { shuffle: true, concurrent: first },
      coverage: {
        provider: "v8",
        include: ["src/**/*.ts"],
        exclude: ["src/entry/**"],
        reporter: ["text-summary", "html"]
      }
    }
  }
})
