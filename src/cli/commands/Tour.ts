/**
 * `strata tour`, which `npm start` runs: the whole application once, each step checked.
 */
import * as Command from "@effect/cli/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Layer, Schedule } from "effect"
import type { Tracer } from "effect"
import { TraceNotFound, Traces } from "../../domain/operations/Traces.ts"
import { Application } from "../Application.ts"
import { texts } from "../Arguments.ts"
import { CommandFailed } from "../CommandFailed.ts"
import * as NoteFile from "../NoteFile.ts"
import { bold, dim, note, print } from "../Output.ts"
import { unlocking } from "../Unlocking.ts"
import { waterfall } from "../Waterfall.ts"
import { step } from "./TourStep.ts"
import * as Steps from "./TourSteps.ts"

/** Every step in order; the first that fails ends the tour. Gives the span around them. */
export const steps = (files: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const application = yield* Application
    yield* step("backend", Steps.start)
    yield* step("stores", unlocking(Steps.openStores))
    yield* step("sign in", unlocking(Steps.signIn))
    yield* step("profile", Steps.loadProfile)
    const second = yield* Layer.build(application.device("second"))
    yield* step("second device", Effect.provide(unlocking(Steps.startSecondDevice), second))
    const offline = yield* Effect.zipRight(
      step("cut network", Steps.cutNetwork),
      step("import", Steps.importOffline(files))
    ).pipe(
      Effect.onExit((exit) => (exit._tag === "Failure" ? Effect.ignore(application.network.restore) : Effect.void))
    )
    yield* step("sync", Steps.sync(offline.pending))
    yield* step("second device", Effect.provide(Steps.receive(offline.written.text), second))
    yield* step("analytics", Steps.flushAnalytics(files.length))
    return yield* Effect.orDie(Effect.currentSpan)
  }).pipe(Effect.scoped)

/** The trace as soon as the store has all of it: spans are written shortly after they end, and `root` ends last. */
const recorded = (root: Tracer.Span) =>
  Effect.gen(function*() {
    const traces = yield* Traces
    const trace = yield* traces.show(root.traceId)
    const isWhole = trace.spans.some(({ id }) => id === root.spanId)
    return yield* isWhole ? Effect.succeed(trace) : new TraceNotFound({ prefix: root.traceId, candidates: [] })
  }).pipe(
    Effect.retry({
      while: ({ _tag }) => _tag === "TraceNotFound",
      schedule: Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(50))
    }),
    // What is asked while waiting is not part of the run.
    Effect.withTracerEnabled(false)
  )

const suggestions = [
  "strata notes list               the notes that were imported",
  "strata notes watch              stay in sync and see changes arrive",
  "strata traces ls                every trace recorded so far",
  "strata layers                   which adapter serves which port",
  "strata doctor                   whether everything works",
  "strata up                       keep it running"
]

/** The whole tour with its output. */
export const run = (files: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const application = yield* Application
    const root = yield* steps(files).pipe(application.command("tour"))
    const trace = yield* recorded(root)
    yield* print(`\n${bold("The trace of this run")}  ${dim(trace.summary.id)}\n`)
    for (const line of waterfall(trace)) yield* print(line)
    yield* note(`\n${bold("Next")}`)
    for (const line of suggestions) yield* note(`  ${line}`)
  })

const defaultPath = "docs"

const findFiles = (paths: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const asked = paths.length > 0 ? paths : [defaultPath]
    const exists = yield* Effect.orElseSucceed(fs.exists(defaultPath), () => false)
    if (paths.length === 0 && !exists) {
      return yield* new CommandFailed({
        reason: "There is no folder docs here",
        next: "Name Markdown files or folders: strata tour PATH"
      })
    }
    const files = yield* NoteFile.find(asked)
    if (files.length === 0) {
      return yield* new CommandFailed({
        reason: `No Markdown files in ${asked.join(", ")}`,
        next: "Name .md files or folders with some."
      })
    }
    return files
  })

export const tour = Command.make(
  "tour",
  { paths: texts("PATH", "Markdown files or folders to import; the folder docs when absent") },
  ({ paths }) =>
    Effect.gen(function*() {
      const files = yield* findFiles(paths)
      const application = yield* Application
      yield* Effect.provide(run(files), application.environment)
    })
).pipe(Command.withDescription("Show the whole application at work, step by step"))
