import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as LoadedModule from "../../../src/infrastructure/environments/LoadedModule.ts"

it.effect("a module that cannot be loaded is a typed failure that names it", () =>
  Effect.gen(function*() {
    const missing = Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" })
    const failure = yield* Effect.flip(LoadedModule.load("the environment local", () => Promise.reject(missing)))
    assert.strictEqual(failure._tag, "Io")
    assert.include(failure.message, "load the environment local")
    assert.strictEqual(yield* LoadedModule.load("it", () => Promise.resolve(1)), 1)
  }))
