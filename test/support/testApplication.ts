import { Context, Effect, Layer, Option } from "effect"
import type { Console } from "effect"
import { BackendFaults } from "../../src/backend/faults/Fault.ts"
import { Application } from "../../src/cli/Application.ts"
import { CommandFailed } from "../../src/cli/CommandFailed.ts"
import * as TerminalConsole from "../../src/cli/TerminalConsole.ts"
import { LoginRequest } from "../../src/domain/auth/LoginRequest.ts"
import * as MemorySettings from "../../src/infrastructure/config/env/MemorySettings.ts"
import * as Environments from "../../src/infrastructure/environments/Environments.ts"
import * as Test from "../../src/infrastructure/environments/Test.ts"

const failed = ({ message }: { readonly message: string }) => new CommandFailed({ reason: message, next: "" })

/** The command over the environment `test`, with what it wrote. */
export const make = Effect.gen(function*() {
  const backend = yield* Layer.build(Test.backend)
  const server = Layer.succeedContext(backend)
  const faults = Context.get(backend, BackendFaults)
  const application = Application.of({
    ...Environments,
    settings: MemorySettings.layer(),
    account: Effect.map(Test.account, Option.map((account) => new LoginRequest(account))),
    environment: Layer.provide(Test.main, server),
    secrets: Test.secrets,
    databaseMaintenance: Test.databaseMaintenance,
    traces: Layer.die("not in memory"),
    device: (name) => Layer.provide(Test.device(name), server),
    backend: () => Effect.succeed({ url: "http://backend.test" }),
    network: {
      cut: Effect.mapError(faults.apply({ _tag: "Cut" }), failed),
      restore: Effect.mapError(faults.apply({ _tag: "Restore" }), failed)
    }
  })
  const out: Array<string> = []
  const error: Array<string> = []
  const console: Console.Console = TerminalConsole.make(
    { write: (text) => out.push(text) },
    { write: (text) => error.push(text) }
  )
  return { application, console, out, error }
})
