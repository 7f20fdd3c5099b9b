/**
 * What every `KeysetStore` must do. Not covered: other processes, for which a store on disk has tests of its own.
 */
import { Effect, Option, Redacted, Ref } from "effect"
import type { SecretFailure } from "../../domain/storage/SecretFailure.ts"
import * as Keyset from "../../infrastructure/security/encryption/Keyset.ts"
import { KeysetStore } from "../../infrastructure/security/encryption/KeysetStore.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"

const fresh = Effect.sync((): Keyset.Keyset => Keyset.generate("XAES_256_GCM"))

/** Everything of a key but how its material is wrapped. */
const content = (key: Keyset.Key) => {
  const material = "material" in key ? Array.from(Redacted.value(key.material)).join() : ""
  return `${key.id} ${key.status} ${key.prefix} ${key.algorithm} ${material}`
}

const same = (a: Keyset.Keyset, b: Keyset.Keyset) =>
  a.primitive === b.primitive && a.primary === b.primary
  && a.keys.map(content).join() === b.keys.map(content).join()

const holds = (found: Option.Option<Keyset.Keyset>, expected: Keyset.Keyset) =>
  Option.exists(found, (keyset) => same(keyset, expected))

/** What the callers of the port do: the keyset there is, or a new one. */
const loadOrCreate = (name: string, create = fresh) =>
  Effect.flatMap(
    KeysetStore,
    (store) =>
      store.modify(name, (current) =>
        Effect.map(
          Option.match(current, { onNone: () => create, onSome: Effect.succeed }),
          (keyset) => [keyset, keyset] as const
        ))
  )

export const contract: Contract<KeysetStore> = {
  name: "KeysetStore",
  cases: [
    contractCase(
      "has nothing for a name never used, and looking creates nothing",
      Effect.gen(function*() {
        const store = yield* KeysetStore
        yield* ensure(Option.isNone(yield* store.load("notes")), "a keyset is there")
        yield* ensure(Option.isNone(yield* store.load("notes")), "looking created a keyset")
        yield* store.modify(
          "notes",
          (current) =>
            Effect.zipRight(
              ensure(Option.isNone(current), "modify is told of a keyset"),
              Effect.map(fresh, (keyset) => [undefined, keyset] as const)
            )
        )
      })
    ),
    contractCase(
      "keeps keysets of every primitive as they are, disabled and destroyed keys included",
      Effect.gen(function*() {
        const store = yield* KeysetStore
        const templates = [
          "XAES_256_GCM",
          "AES_256_GCM",
          "AES_256_GCM_HKDF_1MB",
          "AES_256_SIV",
          "HMAC_SHA256",
          "ED25519",
          "HKDF_SHA256"
        ] as const
        for (const template of templates) {
          const one: Keyset.Keyset = Keyset.generate(template)
          const three = Keyset.introduce(Keyset.introduce(one, template), template)
          const [, second, third] = three.keys
          const disabled = yield* Keyset.disable(three, second?.id ?? 0)
          const keyset = yield* Keyset.destroy(disabled, third?.id ?? 0)
          yield* store.modify(template, () => Effect.succeed([undefined, keyset] as const))
          yield* ensure(holds(yield* store.load(template), keyset), `a keyset of ${template} keys came back changed`)
        }
      })
    ),
    contractCase(
      "gives `change` what is stored, and stores and returns what `change` gives",
      Effect.gen(function*() {
        const store = yield* KeysetStore
        const created = yield* loadOrCreate("notes")
        const rotated = Keyset.introduce(created, "XAES_256_GCM")
        const result = yield* store.modify(
          "notes",
          (current) =>
            Effect.as(ensure(holds(current, created), "`change` was given another keyset"), ["done", rotated] as const)
        )
        yield* ensure(result === "done", "modify returned something else")
        yield* ensure(holds(yield* store.load("notes"), rotated), "load gave another keyset")
      })
    ),
    contractCase(
      "keeps names apart, whatever they are",
      Effect.gen(function*() {
        const store = yield* KeysetStore
        const names = ["notes", "Notes", "notes/", "aead/notes", "__proto__", "", "примечания 📝"]
        const created = yield* Effect.forEach(names, (name) => loadOrCreate(name))
        yield* ensure(new Set(created.map(({ primary }) => primary)).size === names.length, "two names share keys")
        for (const [index, name] of names.entries()) {
          const expected = created[index]
          yield* ensure(
            expected !== undefined && holds(yield* store.load(name), expected),
            `"${name}" has another keyset now`
          )
        }
      })
    ),
    contractCase(
      "fibers that change at once change one after the other",
      Effect.gen(function*() {
        const store = yield* KeysetStore
        const runs = yield* Ref.make(0)
        const slow = Effect.zipRight(Effect.yieldNow(), Effect.tap(fresh, () => Ref.update(runs, (n) => n + 1)))
        const keysets = yield* Effect.all(Array.from({ length: 20 }, () => loadOrCreate("notes", slow)), {
          concurrency: "unbounded"
        })
        yield* ensure(new Set(keysets.map(({ primary }) => primary)).size === 1, "two fibers have different keysets")
        yield* ensure((yield* Ref.get(runs)) === 1, "a keyset was created more than once")
        yield* Effect.all(
          Array.from(
            { length: 10 },
            () =>
              store.modify(
                "notes",
                (current) =>
                  Effect.map(Effect.zipLeft(current, Effect.yieldNow()), (keyset) =>
                    [undefined, Keyset.introduce(keyset, "XAES_256_GCM")] as const)
              )
          ),
          { concurrency: "unbounded" }
        )
        const found = yield* store.load("notes")
        yield* ensure(Option.exists(found, ({ keys }) => keys.length === 11), "a change was lost")
      })
    ),
    contractCase(
      "a `change` that fails, dies or is interrupted stores nothing and keeps its failure",
      Effect.gen(function*() {
        const store = yield* KeysetStore
        const refuse: Effect.Effect<never, SecretFailure | "no"> = store.modify(
          "notes",
          () => Effect.fail("no" as const)
        )
        const failed = yield* Effect.flip(refuse)
        yield* ensure(failed === "no", "the failure is another one")
        yield* Effect.exit(store.modify("notes", () => Effect.dieMessage("no entropy")))
        yield* Effect.exit(store.modify("notes", () => Effect.interrupt))
        yield* ensure(Option.isNone(yield* store.load("notes")), "a keyset is there")
        const created = yield* loadOrCreate("notes")
        yield* Effect.exit(refuse)
        yield* ensure(holds(yield* store.load("notes"), created), "the keyset changed")
      })
    ),
    contractCase(
      "grants messages up to the limit, and counts nothing when it refuses",
      Effect.gen(function*() {
        const store = yield* KeysetStore
        yield* ensure(yield* store.reserve("notes", 1, 60, 100), "60 of 100 were refused")
        yield* ensure(!(yield* store.reserve("notes", 1, 41, 100)), "101 of 100 were granted")
        yield* ensure(yield* store.reserve("notes", 1, 40, 100), "what was refused was counted")
        yield* ensure(!(yield* store.reserve("notes", 1, 1, 100)), "the 101st of 100 was granted")
        yield* ensure(yield* store.reserve("notes", 1, 2 ** 32 - 100, 2 ** 32), "a higher limit does not count")
        yield* ensure(!(yield* store.reserve("notes", 1, 1, 2 ** 32)), "more than 2^32 were granted")
      })
    ),
    contractCase(
      "counts the messages of each name and key apart, whether or not there is a keyset",
      Effect.gen(function*() {
        const store = yield* KeysetStore
        const slots = [["notes", 1], ["notes", 2], ["notes", 0xffff_ffff], ["other", 1], ["", 1], [
          "1/notes",
          1
        ]] as const
        for (const [name, id] of slots) {
          yield* ensure(yield* store.reserve(name, id, 10, 10), `key ${id} of "${name}" was used by another`)
        }
        for (const [name, id] of slots) {
          yield* ensure(!(yield* store.reserve(name, id, 1, 10)), `key ${id} of "${name}" was not counted`)
        }
        yield* ensure(Option.isNone(yield* store.load("notes")), "counting created a keyset")
      })
    ),
    contractCase(
      "changing a keyset does not change the counts of its keys",
      Effect.gen(function*() {
        const store = yield* KeysetStore
        const { primary } = yield* loadOrCreate("notes")
        yield* store.reserve("notes", primary, 10, 10)
        yield* store.modify(
          "notes",
          (current) => Effect.map(current, (keyset) => [undefined, Keyset.rotate(keyset, "XAES_256_GCM")] as const)
        )
        yield* ensure(!(yield* store.reserve("notes", primary, 1, 10)), "the count was forgotten")
      })
    ),
    contractCase(
      "fibers that reserve at once are granted no more than the limit",
      Effect.gen(function*() {
        const store = yield* KeysetStore
        const granted = yield* Effect.all(Array.from({ length: 20 }, () => store.reserve("notes", 1, 10, 100)), {
          concurrency: "unbounded"
        })
        yield* ensure(granted.filter(Boolean).length === 10, `${granted.filter(Boolean).length} of 10 were granted`)
      })
    )
  ]
}
