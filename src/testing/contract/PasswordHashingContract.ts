/**
 * What every `PasswordHashing` must do. `contract` is for one that can compute; `unavailableContract` for one that
 * cannot, whatever it is asked. Not covered: how slow it is and which older hashes it knows, which are the adapter's
 * settings.
 */
import { Effect, Either, Redacted } from "effect"
import { HashingUnavailable, PasswordHashing } from "../../domain/security/PasswordHashing.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"

const password = Redacted.make("correct horse battery staple")

/** PHC string format: identifier, optional version and parameters, salt, hash. */
const phc = /^\$[a-z0-9-]{1,32}(\$v=\d+)?(\$[a-z0-9-]+=[^,$]+(,[a-z0-9-]+=[^,$]+)*)?\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/

const malformed = [
  "",
  "correct horse battery staple",
  "$",
  "$unknown$ln=4,r=1,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
  "$scrypt$ln=,r=8,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
  "$scrypt$ln=4,r=8,p=1$$"
]

/** Each would take minutes or gigabytes, were it computed. */
const unaffordable = [
  "$scrypt$ln=31,r=8,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
  "$scrypt$ln=14,r=8,p=99999$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
  "$scrypt$ln=14,r=99999,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
  "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA"
]

const matches = (text: string, hash: string) =>
  Effect.flatMap(PasswordHashing, (hashing) => hashing.verify(Redacted.make(text), hash)).pipe(
    Effect.map(({ valid }) => valid)
  )

const refused = (hash: string) =>
  Effect.gen(function*() {
    const result = yield* Effect.either((yield* PasswordHashing).verify(password, hash))
    yield* ensure(Either.isLeft(result), `"${hash}" was computed`)
  })

export const contract: Contract<PasswordHashing> = {
  name: "PasswordHashing",
  cases: [
    contractCase(
      "verifies the password it hashed and no other",
      Effect.gen(function*() {
        const hashing = yield* PasswordHashing
        const hash = yield* hashing.hash(password)
        yield* ensure((yield* hashing.verify(password, hash)).valid, "the password does not verify")
        for (const other of ["", "Correct horse battery staple", "correct horse battery staple "]) {
          yield* ensure(!(yield* matches(other, hash)), "another password verifies")
        }
      })
    ),
    contractCase(
      "gives a PHC string without the password, with a fresh salt each time",
      Effect.gen(function*() {
        const hashing = yield* PasswordHashing
        const first = yield* hashing.hash(password)
        yield* ensure(phc.test(first), "the hash is not a PHC string")
        yield* ensure(!first.includes(Redacted.value(password)), "the hash holds the password")
        yield* ensure(first !== (yield* hashing.hash(password)), "two hashes of one password are equal")
      })
    ),
    contractCase(
      "takes any text as a password",
      Effect.gen(function*() {
        const hashing = yield* PasswordHashing
        for (const text of ["", "пароль 🔑 密码", "a".repeat(1000), "nul\u0000byte"]) {
          const hash = yield* hashing.hash(Redacted.make(text))
          yield* ensure(yield* matches(text, hash), "the password does not verify")
          yield* ensure(!(yield* matches(`${text}x`, hash)), "another password verifies")
        }
      })
    ),
    contractCase(
      "tells apart long passwords and passwords with NUL by their last character",
      Effect.gen(function*() {
        const hashing = yield* PasswordHashing
        for (const start of ["a".repeat(500), "nul\u0000"]) {
          const hash = yield* hashing.hash(Redacted.make(`${start}1`))
          yield* ensure(!(yield* matches(`${start}2`, hash)), "only the start is compared")
        }
      })
    ),
    contractCase(
      "a changed hash does not verify",
      Effect.gen(function*() {
        const hashing = yield* PasswordHashing
        const hash = yield* hashing.hash(password)
        const at = hash.lastIndexOf("$") + 1
        const changed = `${hash.slice(0, at)}${hash[at] === "A" ? "B" : "A"}${hash.slice(at + 1)}`
        yield* ensure(!(yield* hashing.verify(password, changed)).valid, "a changed hash verifies")
      })
    ),
    contractCase(
      "wants its own hash hashed again neither for the password nor for another",
      Effect.gen(function*() {
        const hashing = yield* PasswordHashing
        const hash = yield* hashing.hash(password)
        for (const given of [password, Redacted.make("another")]) {
          yield* ensure(!(yield* hashing.verify(given, hash)).needsRehash, "a fresh hash is to be hashed again")
        }
      })
    ),
    contractCase("refuses what is not a hash", Effect.forEach(malformed, refused, { discard: true })),
    contractCase(
      "refuses costs out of bounds before any work",
      Effect.forEach(unaffordable, refused, { discard: true })
    ),
    contractCase(
      "serves many callers at once",
      Effect.gen(function*() {
        const hashing = yield* PasswordHashing
        const hash = yield* hashing.hash(password)
        const results = yield* Effect.all(Array.from({ length: 8 }, () => hashing.verify(password, hash)), {
          concurrency: "unbounded"
        })
        yield* ensure(results.every(({ valid }) => valid), "one of eight did not verify")
      })
    )
  ]
}

const isUnavailable = (call: Effect.Effect<unknown, { readonly _tag: string }>) =>
  Effect.flatMap(Effect.either(call), (result) =>
    ensure(
      Either.isLeft(result) && result.left instanceof HashingUnavailable,
      Either.isLeft(result) ? `it fails with ${result.left._tag}` : "it gives an answer"
    ))

/** `stored` is a hash that the adapter would compute if it could. */
export const unavailableContract = (stored: string): Contract<PasswordHashing> => ({
  name: "PasswordHashing (out of memory)",
  cases: [
    contractCase(
      "hashes nothing and says so",
      Effect.flatMap(PasswordHashing, ({ hash }) => isUnavailable(hash(password)))
    ),
    contractCase(
      "calls a password neither right nor wrong",
      Effect.flatMap(PasswordHashing, ({ verify }) => isUnavailable(verify(password, stored)))
    ),
    contractCase(
      "still tells what is not a hash",
      Effect.gen(function*() {
        const failure = yield* Effect.flip((yield* PasswordHashing).verify(password, "$scrypt$ln=4,r=8,p=1$$"))
        yield* ensure(failure._tag === "InvalidPasswordHash", `it fails with ${failure._tag}`)
      })
    ),
    contractCase(
      "answers everybody, again and again",
      Effect.gen(function*() {
        const hashing = yield* PasswordHashing
        for (let round = 0; round < 3; round++) {
          yield* Effect.all(Array.from({ length: 4 }, () => isUnavailable(hashing.verify(password, stored))), {
            concurrency: "unbounded"
          })
        }
      })
    )
  ]
})
