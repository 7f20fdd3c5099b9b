/**
 * The command as a whole: what is run, and how it ends.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import type { Teardown } from "@effect/platform/Runtime"
import { Effect, Layer, Logger, Option } from "effect"
import type { Redacted } from "effect"
import { LoginRequest } from "../domain/auth/LoginRequest.ts"
import type { InvalidSettings } from "../domain/operations/Setting.ts"
import { Application } from "./Application.ts"
import * as Cli from "./Cli.ts"
import { CommandFailed } from "./CommandFailed.ts"
import { exitCode } from "./ExitCode.ts"
import * as SetOption from "./SetOption.ts"
import * as Signals from "./Signals.ts"
import * as StandardOutput from "./StandardOutput.ts"

type Switch = Effect.Effect<void, { readonly message: string }>

/** What the environments give, in words that need no import of theirs. */
export interface Environments extends Omit<typeof Application.Service, "account" | "network"> {
  readonly account: Effect.Effect<
    Option.Option<{ readonly username: string; readonly password: Redacted.Redacted }>,
    InvalidSettings
  >
  readonly network: { readonly cut: Switch; readonly restore: Switch }
  readonly logger: Logger.Logger<unknown, void>

  /** Runs with settings that go before every other source. */
  readonly withOverrides: (
    overrides: Readonly<Record<string, string>>
  ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

const noSwitch = (failure: { readonly message: string }) =>
  new CommandFailed({
    reason: failure.message,
    next: "This needs the profile local, and no other process that runs the embedded backend."
  })

/** For what has to end the process when nothing else does. */
const later = (action: () => void, millis: number) => {
  // @effect-diagnostics-next-line globalTimers:off
  setTimeout(action, millis).unref() // Effect's timers need the scheduler that an exception may have broken
}

/** Listens to the process's signals from now on. `teardown` tells the exit code. */
export const make = (environments: Environments, process: NodeJS.Process) => {
  const { argv, overrides } = SetOption.extract(process.argv)
  const signals = Signals.install(
    process,
    Cli.crashed(process.stderr),
    later,
    [process.stdout, process.stderr],
    (error) => {
      Cli.unwritable(process.stderr)(error)
      // It may come to light after the program has ended.
      process.exitCode = 1
    }
  )

  const application = Layer.succeed(Application, {
    ...environments,
    account: Effect.map(environments.account, Option.map((account) => new LoginRequest(account))),
    network: {
      cut: Effect.mapError(environments.network.cut, noSwitch),
      restore: Effect.mapError(environments.network.restore, noSwitch)
    }
  })
  const teardown: Teardown = (exit, onExit) =>
    onExit(
      signals.crashed() ? 70 : signals.unwritable() ? 1 : signals.unread() ? 0 : exitCode(exit, signals.received())
    )

  return {
    program: Cli.run({
      argv,
      stdout: StandardOutput.lines(process.stdout),
      stderr: StandardOutput.lines(process.stderr)
    }).pipe(
      Effect.provide(Layer.mergeAll(
        application,
        NodeContext.layer,
        Logger.replace(Logger.defaultLogger, environments.logger)
      )),
      environments.withOverrides(overrides)
    ),
    teardown
  }
}
