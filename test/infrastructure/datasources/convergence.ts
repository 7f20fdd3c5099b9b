/** Two devices that a property drives through edits, lost answers and restarts. */
import { assert, it } from "@effect/vitest"
import { Effect, FastCheck, Layer } from "effect"
import type { NoSuchElementException } from "effect/Cause"
import { AuthRepository } from "../../../src/domain/auth/AuthRepository.ts"
import type { NoteFailure } from "../../../src/domain/notes/NoteFailure.ts"
import type { NoteRepository } from "../../../src/domain/notes/NoteRepository.ts"
import * as SyncedNoteRepository from "../../../src/infrastructure/datasources/SyncedNoteRepository.ts"
import { loginRequest } from "../../../src/testing/contract/AuthRepositoryContract.ts"
import { draft, find, noteId, now } from "../../../src/testing/contract/NoteRepositoryContract.ts"
import type { Fate } from "../../support/ScriptedBackend.ts"
import { ScriptedBackend, users } from "../../support/ScriptedBackend.ts"
import { machine } from "./devices.ts"

type Notes = typeof NoteRepository.Service

/** What happens at one of two devices. `during` is an edit while the first request of the sync is under way. */
type Step =
  | { readonly _tag: "Save" | "Remove"; readonly device: 0 | 1; readonly note: number }
  | { readonly _tag: "Restart"; readonly device: 0 | 1 }
  | { readonly _tag: "Sync"; readonly device: 0 | 1; readonly fates: ReadonlyArray<Fate>; readonly during: number }

const device = FastCheck.constantFrom(0 as const, 1 as const)
const note = FastCheck.integer({ min: 1, max: 3 })
const fate = FastCheck.constantFrom<Fate>("ok", "ok", "request lost", "answer lost")

const step: FastCheck.Arbitrary<Step> = FastCheck.oneof(
  { weight: 4, arbitrary: FastCheck.record({ _tag: FastCheck.constant("Save" as const), device, note }) },
  { weight: 2, arbitrary: FastCheck.record({ _tag: FastCheck.constant("Remove" as const), device, note }) },
  { weight: 1, arbitrary: FastCheck.record({ _tag: FastCheck.constant("Restart" as const), device }) },
  {
    weight: 4,
    arbitrary: FastCheck.record({
      _tag: FastCheck.constant("Sync" as const),
      device,
      fates: FastCheck.array(fate, { maxLength: 4 }),
      during: FastCheck.integer({ min: 0, max: 6 })
    })
  }
)

/** A device that can be restarted: its repository is built anew over the same database. */
const start = (backend: ScriptedBackend) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(Layer.fresh(machine(backend)))
    yield* Effect.provide(Effect.flatMap(AuthRepository, (auth) => auth.login(loginRequest("ada"))), context)
    return { boot: Effect.provide(SyncedNoteRepository.make, context) }
  })

/** Both devices, and what became of every text that was ever saved: each is saved once. */
const world = (backend: ScriptedBackend) =>
  Effect.gen(function*() {
    backend.pageSize = 2
    const machines = [yield* start(backend), yield* start(backend)] as const
    const devices: [Notes, Notes] = [yield* machines[0].boot, yield* machines[1].boot]
    const saved = new Set<string>()
    /** Texts that a person saw and replaced or removed. */
    const replaced = new Set<string>()

    const overwrite = (notes: Notes, number: number) =>
      Effect.map(find(notes, noteId(number)), (known) => {
        if (known !== undefined) replaced.add(known.text)
        return known
      })

    const save = (notes: Notes, number: number) =>
      Effect.gen(function*() {
        yield* overwrite(notes, number)
        const text = `text ${saved.size}`
        saved.add(text)
        yield* notes.save(draft(number, `Note ${number}`, text))
      })

    const sync = (notes: Notes, fates: ReadonlyArray<Fate>, during: number) => {
      backend.script.splice(0, Number.POSITIVE_INFINITY, ...fates)
      backend.during = during < 1 || during > 3 ? Effect.void : Effect.suspend(() => {
        backend.during = Effect.void
        return Effect.orDie(save(notes, during))
      })
      return Effect.ignore(notes.sync)
    }

    const run = (next: Step): Effect.Effect<void, NoteFailure | NoSuchElementException> => {
      const notes = devices[next.device]
      if (next._tag === "Save") return save(notes, next.note)
      if (next._tag === "Sync") return sync(notes, next.fates, next.during)
      if (next._tag === "Restart") {
        return Effect.map(machines[next.device].boot, (again) => void (devices[next.device] = again))
      }
      return Effect.flatMap(
        overwrite(notes, next.note),
        (known) => (known === undefined ? Effect.void : notes.remove(known.id))
      )
    }

    /** What both show in the end. */
    const settle = Effect.gen(function*() {
      for (const round of [0, 1, 0, 1, 0]) yield* sync(devices[round === 0 ? 0 : 1], [], 0)
      const shown = yield* Effect.forEach(devices, now)
      for (const { data, pending } of shown) {
        assert.strictEqual(pending, 0)
        assert.isTrue(data.every(({ synced }) => synced))
      }
      return shown.map(({ data }) => data.map(({ id, text }) => ({ id, text })))
    })

    return { replaced, run, saved, settle }
  })

/** Runs the steps, then syncs until nothing is left to do; gives the texts that are lost. */
export const outcome = (steps: ReadonlyArray<Step>, backend = new ScriptedBackend()) =>
  Effect.scoped(Effect.gen(function*() {
    const { replaced, run, saved, settle } = yield* world(backend)
    yield* Effect.forEach(steps, run, { discard: true })
    const [here = [], there] = yield* settle
    assert.deepStrictEqual(here, there)
    const held = Array.from(backend.notes.get(users.ada.id)?.values() ?? [], ({ content }) => content?.text)
    assert.sameMembers(held.filter((text) => text !== undefined), here.map(({ text }) => text))
    return Array.from(saved).filter((text) => !replaced.has(text) && !held.includes(text))
  }))

/** Tries `numRuns` random histories. */
export const convergence = (numRuns: number) =>
  it.effect.prop(
    `loses no text and ends the same everywhere, whatever is edited, lost and restarted: ${numRuns} histories`,
    [FastCheck.array(step, { minLength: 1, maxLength: 25 })],
    ([steps]) => Effect.map(outcome(steps), (lost) => assert.deepStrictEqual(lost, [])),
    { fastCheck: { numRuns } }
  )
