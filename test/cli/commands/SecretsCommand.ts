/**
 * `strata secrets` over a store in memory, with a person that the test speaks for.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import { Effect, Layer, Redacted } from "effect"
import { Application } from "../../../src/cli/Application.ts"
import * as Cli from "../../../src/cli/Cli.ts"
import type { CommandFailed } from "../../../src/cli/CommandFailed.ts"
import { exitCode } from "../../../src/cli/ExitCode.ts"
import { StandardStreams } from "../../../src/cli/StandardStreams.ts"
import type { Maintenance } from "../../../src/domain/operations/Maintenance.ts"
import type { StartFailure } from "../../../src/domain/operations/StartFailure.ts"
import type { SecureStore } from "../../../src/domain/storage/SecureStore.ts"
import * as MemoryMaintenance from "../../../src/infrastructure/storage/secure/MemoryMaintenance.ts"
import * as MemorySecureStore from "../../../src/infrastructure/storage/secure/MemorySecureStore.ts"

export type Secrets = SecureStore | Maintenance

/** What the person types, question by question, or what is piped in, or a person who would see no question. */
export type Input =
  | { readonly unseen: true }
  | { readonly answers: ReadonlyArray<string | boolean> }
  | { readonly piped: string; readonly written?: Effect.Effect<boolean, CommandFailed> }

export interface Ran {
  readonly code: number
  /** Standard output as a program reads it. */
  readonly out: string
  readonly error: string
  readonly questions: ReadonlyArray<string>
}

/** One store that all commands of a test use. */
export const store = Layer.memoize(Layer.provideMerge(MemoryMaintenance.layer, MemorySecureStore.layer))

const unused = (what: string) => () => Effect.dieMessage(`${what} is not used`)

export const layerOf = (parts: Partial<typeof Application.Service>): Layer.Layer<Application> =>
  Layer.succeed(Application, {
    version: "0.0.0",
    settings: Layer.die("settings"),
    account: Effect.succeedNone,
    traces: Layer.die("traces"),
    environment: Layer.die("environment"),
    secrets: Layer.die("secrets"),
    databaseMaintenance: Layer.die("databaseMaintenance"),
    device: () => Layer.die("device"),
    command: () => (effect) => effect,
    layers: unused("layers"),
    externalApis: [],
    backend: unused("backend"),
    network: { cut: unused("network")(), restore: unused("network")() },
    ...parts
  })

/** Runs `strata secrets <words>`. Without `input` there is nobody, and nothing to read. */
export const run = (
  secrets: Layer.Layer<Secrets, StartFailure>,
  words: ReadonlyArray<string>,
  input: Input = { piped: "" }
): Effect.Effect<Ran> => runIn(layerOf({ secrets }), ["secrets", ...words], input)

/** Runs `strata <words>`. */
export const runIn = (
  application: Layer.Layer<Application>,
  words: ReadonlyArray<string>,
  input: Input
): Effect.Effect<Ran> =>
  Effect.gen(function*() {
    const out: Array<string> = []
    const error: Array<string> = []
    const questions: Array<string> = []
    const answers = "answers" in input ? [...input.answers] : []
    const answer = <A>(as: (given: string | boolean | undefined) => A) => (question: string) =>
      Effect.sync(() => {
        questions.push(question)
        return as(answers.shift())
      })
    const exit = yield* Cli.run({
      argv: ["node", "strata", ...words],
      stdout: { write: (text) => out.push(text) },
      stderr: { write: (text) => error.push(text) }
    }).pipe(
      Effect.provideService(StandardStreams, {
        hasPerson: Effect.succeed("answers" in input),
        isTyped: Effect.succeed(!("piped" in input)),
        read: Effect.succeed("piped" in input ? input.piped : ""),
        isShown: Effect.succeed("answers" in input),
        write: (text) => ("written" in input && input.written) || Effect.sync(() => out.push(text) > 0),
        askSecret: answer((given) => Redacted.make(String(given ?? ""))),
        confirm: answer((given) => given === true)
      }),
      Effect.provide(Layer.merge(application, NodeContext.layer)),
      Effect.exit
    )
    return { code: exitCode(exit, undefined), out: out.join(""), error: error.join(""), questions }
  }) as Effect.Effect<Ran>

/** Whether a run ended well, for messages of assertions. */
export const described = ({ code, error, out }: Ran) => `exit ${code}\n${out}\n${error}`
