import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import { resolve } from "node:path"
import { Application } from "../../../src/cli/Application.ts"
import { CommandFailed } from "../../../src/cli/CommandFailed.ts"
import * as Tour from "../../../src/cli/commands/Tour.ts"
import * as NoteFile from "../../../src/cli/NoteFile.ts"
import { advanceUntil } from "../../support/advanceUntil.ts"
import * as TestApplication from "../../support/testApplication.ts"

const docs = resolve(import.meta.dirname, "../../../docs")

const tour = (change: (application: typeof Application.Service) => typeof Application.Service = (same) => same) =>
  Effect.gen(function*() {
    const { application, console, out } = yield* TestApplication.make
    const chosen = change(application)
    const files = yield* NoteFile.find([docs])
    const fiber = yield* Tour.run(files).pipe(
      Effect.provide(chosen.environment),
      Effect.provideService(Application, chosen),
      Effect.withConsole(console),
      Effect.exit,
      Effect.fork
    )
    const exit = yield* advanceUntil(fiber)
    return { exit, files, out: out.join("") }
  }).pipe(Effect.provide(NodeContext.layer))

describe("the main job", () => {
  it.scoped("runs whole in memory and in virtual time, two devices syncing", () =>
    Effect.gen(function*() {
      const { exit, files, out } = yield* tour()
      assert.isTrue(Exit.isSuccess(exit), out + (Exit.isFailure(exit) ? Cause.pretty(exit.cause) : ""))
      for (
        const step of [
          "backend",
          "stores",
          "sign in",
          "profile",
          "cut network",
          "import",
          "sync",
          "second device",
          "analytics"
        ]
      ) {
        assert.include(out, `✔ ${step}`)
      }
      assert.include(out, `${files.length} added`)
      assert.include(out, `has the change; ${files.length + 1} notes there`)
      assert.include(out, "strata.command")
      assert.notInclude(out, "✖")
    }))

  it.scoped("says which step is not true and fails", () =>
    Effect.gen(function*() {
      const uncut = { cut: Effect.void, restore: Effect.void }
      const { exit, out } = yield* tour((application) => ({ ...application, network: uncut }))
      assert.strictEqual(exit._tag, "Failure")
      assert.include(out, "✖ cut network")
      assert.include(out, "The backend still answers although the network is cut")
      assert.notInclude(out, "✔ import")
    }))

  it.scoped("fails at the first step when the backend cannot be switched", () =>
    Effect.gen(function*() {
      const failure = new CommandFailed({ reason: "No account", next: "" })
      const { exit, out } = yield* tour((application) => ({
        ...application,
        network: { cut: failure, restore: failure }
      }))
      assert.strictEqual(exit._tag, "Failure")
      assert.include(out, "✖ backend")
    }))
})
