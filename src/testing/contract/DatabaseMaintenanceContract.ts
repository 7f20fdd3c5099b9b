/**
 * What every `DatabaseMaintenance` must do with a database that `DatabaseUnderTest` writes, reads and breaks. Not covered:
 * other processes, and what a killed one leaves.
 */
import { Context, Effect, Either, Option } from "effect"
import type { Scope } from "effect"
import { DatabaseMaintenance } from "../../domain/operations/DatabaseMaintenance.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"

/** The database that the adapter looks after, as an application would use it. There is none at first. */
export class DatabaseUnderTest
  extends Context.Tag("effect-strata/testing/contract/DatabaseMaintenanceContract/DatabaseUnderTest")<
    DatabaseUnderTest,
    {
      /** Replaces its one text; makes the database when there is none. */
      readonly write: (text: string) => Effect.Effect<void>
      /** `none` when there is no database. */
      readonly read: Effect.Effect<Option.Option<string>>
      /** Has it open until the scope closes. */
      readonly use: Effect.Effect<void, never, Scope.Scope>
      /** Breaks a part of it. */
      readonly damage: Effect.Effect<void>
      /** What a newer version of the application would leave. */
      readonly upgrade: Effect.Effect<void>
      /** Where copies can be put. */
      readonly path: (name: string) => string
      /** Puts something there that is no database. */
      readonly putRubbish: (path: string) => Effect.Effect<void>
    }
  >()
{}

type Needs = DatabaseMaintenance | DatabaseUnderTest

const failsWith = <A, E extends { readonly _tag: string }, R>(tag: string, effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.either(effect), (result) => {
    const found = Either.isLeft(result) ? result.left._tag : "success"
    return ensure(found === tag, `${found} instead of ${tag}`)
  })

const holds = (text: string | undefined) =>
  Effect.gen(function*() {
    const found = Option.getOrUndefined(yield* (yield* DatabaseUnderTest).read)
    yield* ensure(found === text, `the database holds ${found} instead of ${text}`)
  })

const both = Effect.all([DatabaseMaintenance, DatabaseUnderTest])

export const contract: Contract<Needs> = {
  name: "DatabaseMaintenance",
  cases: [
    contractCase(
      "tells whether there is a database, how far its schema is, and that it is sound",
      Effect.gen(function*() {
        const [{ check }, { write }] = yield* both
        const none = yield* check
        yield* ensure(!none.exists && none.version === 0 && none.bytes === 0, "there is one before it was made")
        yield* write("canary")
        const made = yield* check
        yield* ensure(made.exists && made.bytes > 0, "it is not there after it was made")
        yield* ensure(made.version > 0 && made.version === made.knownVersion, "its version is another")
        yield* ensure(made.problems.length === 0 && made.advice.length === 0, "something is wrong with a sound one")
      })
    ),
    contractCase(
      "a copy brings back what there was, and what it replaces is kept",
      Effect.gen(function*() {
        const [{ backup, restore }, { path, write }] = yield* both
        yield* write("first")
        const bytes = yield* backup(path("copy"))
        yield* ensure(bytes > 0, "the copy is empty")
        yield* write("second")
        const { previous } = yield* restore(path("copy"))
        yield* holds("first")
        yield* ensure(Option.isSome(previous), "nothing was kept")
        yield* restore(Option.getOrElse(previous, () => ""))
        yield* holds("second")
        yield* restore(path("copy"))
        yield* holds("first")
      })
    ),
    contractCase(
      "a copy can be put where there is no database",
      Effect.gen(function*() {
        const [{ backup, quarantine, restore }, { path, write }] = yield* both
        yield* failsWith("NoDatabase", backup(path("copy")))
        yield* write("first")
        yield* backup(path("copy"))
        yield* quarantine
        const { previous } = yield* restore(path("copy"))
        yield* ensure(Option.isNone(previous), "something was kept of nothing")
        yield* holds("first")
      })
    ),
    contractCase(
      "a copy does not overwrite another file",
      Effect.gen(function*() {
        const [{ backup, restore }, { path, write }] = yield* both
        yield* write("first")
        yield* backup(path("copy"))
        yield* write("second")
        yield* failsWith("AlreadyThere", backup(path("copy")))
        yield* restore(path("copy"))
        yield* holds("first")
      })
    ),
    contractCase(
      "a database in use can be checked and copied, and is neither replaced nor moved",
      Effect.gen(function*() {
        const [{ backup, check, quarantine, restore }, { path, use, write }] = yield* both
        yield* write("first")
        yield* backup(path("old"))
        yield* write("second")
        yield* Effect.scoped(Effect.gen(function*() {
          yield* use
          yield* ensure((yield* check).problems.length === 0, "something is wrong with one in use")
          yield* backup(path("new"))
          yield* failsWith("Busy", restore(path("old")))
          yield* failsWith("Busy", quarantine)
        }))
        yield* holds("second")
        yield* restore(path("old"))
        yield* restore(path("new"))
        yield* holds("second")
      })
    ),
    contractCase(
      "what is no copy changes nothing",
      Effect.gen(function*() {
        const [{ check, restore }, { path, putRubbish, write }] = yield* both
        yield* write("first")
        yield* putRubbish(path("rubbish"))
        yield* failsWith("InvalidBackup", restore(path("rubbish")))
        yield* failsWith("InvalidBackup", restore(path("nothing")))
        yield* failsWith("InvalidBackup", restore((yield* check).location))
        yield* holds("first")
      })
    ),
    contractCase(
      "the copy of a newer version changes nothing",
      Effect.gen(function*() {
        const [{ backup, check, quarantine, restore }, { path, upgrade, write }] = yield* both
        yield* write("newer")
        yield* upgrade
        const report = yield* check
        yield* ensure(report.version > report.knownVersion && report.advice.length > 0, "it is not told to be newer")
        yield* backup(path("copy"))
        yield* quarantine
        yield* write("mine")
        yield* failsWith("NewerThanApp", restore(path("copy")))
        yield* holds("mine")
      })
    ),
    contractCase(
      "a damaged one is a report with problems and advice, is not copied, and can be replaced",
      Effect.gen(function*() {
        const [{ backup, check, restore }, { damage, path, write }] = yield* both
        yield* write("first")
        yield* backup(path("copy"))
        yield* damage
        const { advice, exists, problems } = yield* check
        yield* ensure(exists && problems.length > 0 && advice.length > 0, "it is not told to be damaged")
        yield* failsWith("Corrupt", backup(path("damaged")))
        yield* failsWith("InvalidBackup", restore(path("damaged")))
        const { previous } = yield* restore(path("copy"))
        yield* holds("first")
        yield* ensure(Option.isSome(previous), "the damaged one was not kept")
        yield* ensure((yield* check).problems.length === 0, "it is still damaged")
      })
    ),
    contractCase(
      "one that is set aside is gone from its place and whole at its new one",
      Effect.gen(function*() {
        const [{ check, quarantine, restore }, { write }] = yield* both
        yield* ensure(Option.isNone(yield* quarantine), "nothing was set aside")
        yield* write("first")
        const first = yield* quarantine
        yield* ensure(!(yield* check).exists, "it is still there")
        yield* write("second")
        const second = yield* quarantine
        yield* holds(undefined)
        yield* ensure(Option.isSome(first) && Option.isSome(second), "it is nowhere")
        yield* restore(Option.getOrElse(first, () => ""))
        yield* holds("first")
        yield* restore(Option.getOrElse(second, () => ""))
        yield* holds("second")
      })
    )
  ]
}
