#!/usr/bin/env node
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer, Logger, Option } from "effect"
import { Application } from "./cli/Application.ts"
import * as Cli from "./cli/Cli.ts"
import { CommandFailed } from "./cli/CommandFailed.ts"
import { exitCode } from "./cli/ExitCode.ts"
import * as SetOption from "./cli/SetOption.ts"
import * as Signals from "./cli/Signals.ts"
import { LoginRequest } from "./domain/auth/LoginRequest.ts"
import * as Environments from "./infrastructure/environments/Environments.ts"

const noSwitch = (failure: { readonly message: string }) =>
  new CommandFailed({
    reason: failure.message,
    next: "This needs the profile local, and no other process that runs the embedded backend."
  })

const application = Layer.succeed(Application, {
  ...Environments,
  account: Effect.map(Environments.account, Option.map((account) => new LoginRequest(account))),
  network: {
    cut: Effect.mapError(Environments.network.cut, noSwitch),
    restore: Effect.mapError(Environments.network.restore, noSwitch)
  }
})

const signals = Signals.install(process, Cli.crashed(process.stderr), (action, millis) => {
  // @effect-diagnostics-next-line globalTimers:off -- nothing of the program can be relied on any more
  setTimeout(action, millis).unref()
}, [process.stdout, process.stderr])

const { argv, overrides } = SetOption.extract(process.argv)

Cli.run({ argv, stdout: process.stdout, stderr: process.stderr }).pipe(
  Effect.provide(Layer.mergeAll(
    application,
    NodeContext.layer,
    Logger.replace(Logger.defaultLogger, Environments.logger)
  )),
  Effect.provideService(Environments.Overrides, overrides),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    disablePrettyLogger: true,
    teardown: (exit, onExit) =>
      onExit(signals.crashed() ? 70 : signals.unread() ? 0 : exitCode(exit, signals.received()))
  })
)
