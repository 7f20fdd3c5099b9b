/**
 * What the main job tells about itself, compared with what the catalogue says that it tells.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { resolve } from "node:path"
import { Application } from "../../../src/cli/Application.ts"
import * as Tour from "../../../src/cli/commands/Tour.ts"
import * as NoteFile from "../../../src/cli/NoteFile.ts"
import { Traces } from "../../../src/domain/operations/Traces.ts"
import { audit } from "../../../src/infrastructure/telemetry/CatalogueAudit.ts"
import { advanceUntil } from "../../support/advanceUntil.ts"
import * as TestApplication from "../../support/testApplication.ts"

const docs = resolve(import.meta.dirname, "../../../docs")

const recorded = Effect.gen(function*() {
  const { application, console } = yield* TestApplication.make
  const files = yield* NoteFile.find([docs])
  const job = Effect.gen(function*() {
    yield* Tour.run(files)
    const traces = yield* Traces
    const all = yield* Effect.forEach(yield* traces.list({ limit: 10_000 }), ({ id }) => traces.show(id))
    return all.flatMap(({ spans }) => spans)
  })
  const fiber = yield* job.pipe(
    Effect.provide(application.environment),
    Effect.provideService(Application, application),
    Effect.withConsole(console),
    Effect.fork
  )
  return yield* advanceUntil(fiber)
}).pipe(Effect.provide(NodeContext.layer))

describe("the main job", () => {
  it.scoped("emits nothing that the catalogue does not list, under few names", () =>
    Effect.gen(function*() {
      const spans = yield* recorded
      const { names, unknown, unseen } = audit(spans)
      assert.deepStrictEqual(unknown, [])
      assert.isAtMost(names.length, 60)
      for (const name of ["strata.command", "sync.run", "auth.sign_in", "{http.request.method} {url.template}"]) {
        assert.notInclude(unseen, name)
      }
    }))
})
