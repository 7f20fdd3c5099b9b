/**
 * What goes wrong with caches, as small programs that any cache can be put through. Each says what went wrong, if
 * anything did.
 */
import { Deferred, Duration, Effect, Either, Exit, Fiber, Option } from "effect"
import type { Contender, Contestant, Failure, Place } from "./Contender.ts"

export type Verdict =
  | { readonly _tag: "Passes" }
  | { readonly _tag: "Fails"; readonly how: string }
  | { readonly _tag: "DoesNotApply"; readonly because: string }

export interface Scenario {
  readonly name: string
  readonly run: (contender: Contender, folder: string) => Effect.Effect<Verdict, Failure>
}

const passes: Verdict = { _tag: "Passes" }
const unless = (good: boolean, how: string): Verdict => good ? passes : { _tag: "Fails", how }
const doesNotApply = (because: string): Effect.Effect<Verdict> => Effect.succeed({ _tag: "DoesNotApply", because })

const place = (folder: string): Place => ({ folder, timeToLiveMillis: 600_000, version: "earlier" })

const opened = (
  use: (cache: Contestant) => Effect.Effect<Verdict, Failure>,
  changes: Partial<Place> = {}
): Scenario["run"] =>
(contender, folder) => Effect.scoped(Effect.flatMap(contender.open({ ...place(folder), ...changes }), use))

const tagged = (
  use: (tags: NonNullable<Contestant["tags"]>) => Effect.Effect<Verdict, Failure>
) => opened(({ tags }) => tags === undefined ? doesNotApply("has no tags") : use(tags))

/** A load that answers when it is told to. */
const heldLoad = (value: string) =>
  Effect.gen(function*() {
    const started = yield* Deferred.make<void>()
    const answer = yield* Deferred.make<void>()
    return {
      load: Effect.as(Effect.zipRight(Deferred.succeed(started, undefined), Deferred.await(answer)), value),
      started: Deferred.await(started),
      answer: Deferred.succeed(answer, undefined)
    }
  })

/** The wall clock of the whole process, set by so much while `use` runs. */
const withClockStep = <A, E>(use: (step: (millis: number) => void) => Effect.Effect<A, E>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => globalThis.Date),
    (Real) =>
      use((millis) => {
        globalThis.Date = class extends Real {
          constructor(...parts: ReadonlyArray<number>) {
            super(...(parts.length === 0 ? [Real.now() + millis] : parts) as [number])
          }
          static override now = () => Real.now() + millis
        } as DateConstructor
      }),
    (Real) => Effect.sync(() => void (globalThis.Date = Real))
  )

const invalidatedDuringLoad = opened((cache) =>
  Effect.gen(function*() {
    const old = yield* heldLoad("old")
    const caller = yield* Effect.fork(cache.getOrLoad("key", old.load))
    yield* old.started
    // A cache may hold the invalidation until the load is over.
    const removal = yield* Effect.fork(Effect.exit(cache.remove("key")))
    yield* Effect.sleep("50 millis")
    yield* old.answer
    yield* Fiber.await(caller)
    if (Exit.isFailure(yield* Fiber.join(removal))) return unless(false, "it cannot be removed meanwhile")
    const after = yield* cache.getOrLoad("key", Effect.succeed("new"))
    return unless(after === "new", "the old value is stored and served")
  })
)

const failingStampede = opened((cache) =>
  Effect.gen(function*() {
    let loads = 0
    const failing = Effect.zipRight(
      Effect.sync(() => {
        loads += 1
      }),
      Effect.zipRight(Effect.sleep("5 millis"), Effect.fail("no"))
    )
    const outcomes = yield* Effect.all(
      Array.from({ length: 1000 }, () => Effect.either(cache.getOrLoad("key", failing))),
      { concurrency: "unbounded" }
    )
    if (outcomes.some(Either.isRight)) return unless(false, "a caller got a value")
    return unless(loads === 1, `${loads} loads`)
  })
)

const starterInterrupted = opened((cache) =>
  Effect.gen(function*() {
    const { answer, load, started } = yield* heldLoad("value")
    const starter = yield* Effect.fork(cache.getOrLoad("key", load))
    yield* started
    const again = Effect.succeed("loaded again")
    const waiters = yield* Effect.forEach(Array.from({ length: 10 }), () => Effect.fork(cache.getOrLoad("key", again)))
    yield* Effect.sleep("20 millis")
    yield* Fiber.interruptFork(starter)
    yield* Effect.sleep("20 millis")
    yield* answer
    const exits = yield* Effect.forEach(waiters, Fiber.await)
    const lost = exits.filter(({ _tag }) => _tag === "Failure").length
    return unless(lost === 0, `${lost} of 10 waiters are interrupted`)
  })
)

const tagThenSet = tagged((tags) =>
  Effect.gen(function*() {
    let lost = 0
    for (let round = 0; round < 200; round++) {
      yield* tags.remove("tag")
      yield* tags.set(`key ${round}`, "fresh", "tag")
      if (Option.isNone(yield* tags.get(`key ${round}`))) lost += 1
    }
    return unless(lost === 0, `${lost} of 200 fresh values are gone`)
  })
)

const clockBackAfterTag = tagged((tags) =>
  withClockStep((step) =>
    Effect.gen(function*() {
      yield* tags.set("before", "old", "tag")
      yield* tags.remove("tag")
      step(-3_600_000)
      yield* tags.set("after", "fresh", "tag")
      if (Option.isSome(yield* tags.get("before"))) return unless(false, "a removed value is back")
      return unless(Option.isSome(yield* tags.get("after")), "a fresh value is gone")
    })
  )
)

const clockBackAndExpiry = opened(
  (cache) =>
    withClockStep((step) =>
      Effect.gen(function*() {
        yield* cache.getOrLoad("key", Effect.succeed("old"))
        step(-3_600_000)
        yield* Effect.sleep("700 millis")
        const after = yield* cache.getOrLoad("key", Effect.succeed("new"))
        return unless(after === "new", "0.5 s become more than an hour")
      })
    ),
  { timeToLiveMillis: 500 }
)

const reentrantLoad = opened((cache) =>
  Effect.gen(function*() {
    const inner = cache.getOrLoad("key", Effect.succeed("inner")).pipe(
      Effect.mapError(String),
      Effect.delay("5 millis")
    )
    const outcome = yield* cache.getOrLoad("key", inner).pipe(
      Effect.exit,
      Effect.disconnect,
      Effect.timeoutOption("1 second")
    )
    return unless(Option.isSome(outcome), "hangs")
  })
)

/** Something is stored, something happens to the files, and an application comes back to them. */
const persisted = (
  happens: (contender: Contender, folder: string) => void,
  version: Place["version"],
  isSurvived: (cache: Contestant, folder: string, contender: Contender) => Effect.Effect<Verdict, Failure>
): Scenario["run"] =>
(contender, folder) =>
  Effect.gen(function*() {
    yield* Effect.scoped(
      Effect.flatMap(
        contender.open(place(folder)),
        (cache) => Effect.zipRight(cache.getOrLoad("key", Effect.succeed("earlier")), Effect.sleep("100 millis"))
      )
    )
    happens(contender, folder)
    return yield* opened((cache) => isSurvived(cache, folder, contender), { version })(contender, folder)
  })

const loadsAgain = (cache: Contestant) =>
  Effect.gen(function*() {
    const got = yield* cache.getOrLoad("key", Effect.succeed("later 1"))
    if (got !== "later 1") return unless(false, `serves ${JSON.stringify(got)}`)
    yield* cache.getOrLoad("key", Effect.succeed("later 2"))
    return passes
  })

const schemaChange: Scenario["run"] = (contender, folder) => {
  if (contender.damage === undefined) return doesNotApply("keeps nothing")
  if (!contender.hasSchema) return doesNotApply("has no schema")
  return persisted(() => undefined, "later", loadsAgain)(contender, folder)
}

const corruptFile: Scenario["run"] = (contender, folder) => {
  const { damage } = contender
  if (damage === undefined) return doesNotApply("keeps nothing")
  return persisted(() => damage.file(folder), "earlier", loadsAgain)(contender, folder).pipe(
    Effect.filterOrElse(({ _tag }) => _tag === "Passes", Effect.succeed),
    Effect.zipRight(Effect.sleep("100 millis")),
    Effect.zipRight(
      opened((cache) =>
        Effect.map(
          cache.getOrLoad("key", Effect.succeed("loaded again")),
          (kept) => unless(kept === "later 1", "stores nothing any more")
        )
      )(contender, folder)
    )
  )
}

const undecodableEntry: Scenario["run"] = (contender, folder) => {
  const { damage } = contender
  if (damage === undefined) return doesNotApply("keeps nothing")
  return persisted(() => damage.entries(folder), "earlier", loadsAgain)(contender, folder)
}

/** No scenario takes longer than this, unless it hangs. */
export const patience = Duration.seconds(20)

export const scenarios: ReadonlyArray<Scenario> = [
  { name: "an entry is removed while it is being loaded", run: invalidatedDuringLoad },
  { name: "1,000 callers, and the load fails", run: failingStampede },
  { name: "the caller that started the load is interrupted", run: starterInterrupted },
  { name: "a tag is removed and set in the same millisecond", run: tagThenSet },
  { name: "the clock is set back after a tag was removed", run: clockBackAfterTag },
  { name: "the clock is set back before an entry expires", run: clockBackAndExpiry },
  { name: "a load asks for its own entry", run: reentrantLoad },
  { name: "the schema of stored values changes", run: schemaChange },
  { name: "the stored file is overwritten", run: corruptFile },
  { name: "a stored value does not decode", run: undecodableEntry }
]
