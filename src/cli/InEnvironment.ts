/**
 * Where a command's work runs.
 */
import { Effect } from "effect"
import { Application } from "./Application.ts"
import { unlocking } from "./Unlocking.ts"

/** Builds the configured environment, runs `work` in it under the command's span, and closes everything. Runs `work` again once a locked store was opened. */
export const inEnvironment = (name: string) => <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const application = yield* Application
    return yield* work.pipe(unlocking, application.command(name), Effect.provide(application.environment))
  })

/** Like `inEnvironment`, with the secret store alone. */
export const withSecrets = (name: string) => <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const application = yield* Application
    return yield* work.pipe(unlocking, application.command(name), Effect.provide(application.secrets))
  })

/** Like `inEnvironment`, with the care of the database alone. */
export const withDatabaseMaintenance = (name: string) => <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const application = yield* Application
    return yield* work.pipe(application.command(name), Effect.provide(application.databaseMaintenance))
  })

/** Like `inEnvironment`, with the configuration alone. */
export const withSettings = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const application = yield* Application
    return yield* Effect.provide(work, application.settings)
  })

/** Like `inEnvironment`, with the recorded traces alone. */
export const withTraces = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const application = yield* Application
    return yield* Effect.provide(work, application.traces)
  })
