#!/usr/bin/env node
import { version } from "./infrastructure/environments/Version.ts"

// What scripts ask most often needs nothing of the program; loading it takes longer than the answer.
if (process.argv.length === 3 && process.argv[2] === "--version") {
  process.stdout.write(`${version}\n`)
} else {
  const { runMain } = await import("@effect/platform-node/NodeRuntime")
  const { make } = await import("./cli/Program.ts")
  const { program, teardown } = make(await import("./infrastructure/environments/Environments.ts"), process)
  runMain(program, { disableErrorReporting: true, disablePrettyLogger: true, teardown })
}
