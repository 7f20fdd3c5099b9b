import { assert, it } from "@effect/vitest"
import { Effect, Scope } from "effect"
import { join } from "node:path"
import { bundle } from "../../../../support/childProgram.ts"
import * as CacheTests from "./CacheTests.ts"

const told = (name: string, { optimal, required }: ReturnType<typeof CacheTests.count>) =>
  `${name}: required ${required.passed}/${required.total}, optimal ${optimal.passed}/${optimal.total}\n`

/** Acceptance 3: the conformance tests of others, through ours and through undici's own cache, at the same time. */
it.live("passes more of http-cache-tests than undici's cache does", () =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const program = yield* Effect.promise(() => bundle(join(import.meta.dirname, "cacheTestsChild.ts")))
    yield* Scope.addFinalizer(scope, Effect.sync(program.remove))
    const server = yield* Effect.promise(CacheTests.serve)
    yield* Scope.addFinalizer(scope, Effect.sync(server.close))
    const suites = yield* Effect.promise(CacheTests.suites)
    const run = (client: string) =>
      Effect.promise(async () => {
        const child = program.start(client, server.base)
        assert.strictEqual(await child.ended, 0)
        return CacheTests.count(suites, JSON.parse(child.lines().at(-1) ?? "") as CacheTests.Results)
      })
    const [ours, peer] = yield* Effect.all([run("ours"), run("peer")], { concurrency: 2 })
    process.stderr.write(told("ours", ours) + told("undici", peer))

    assert.strictEqual(ours.required.total, 147)
    assert.strictEqual(ours.optimal.total, 68)
    assert.isAtLeast(ours.required.passed, peer.required.passed + 5)
    assert.isAtLeast(ours.optimal.passed, peer.optimal.passed)
    assert.isAtLeast(ours.required.passed, 128, ours.required.failed.join())
    assert.isAtLeast(ours.optimal.passed, 55, ours.optimal.failed.join())
  }).pipe(Effect.scoped))
