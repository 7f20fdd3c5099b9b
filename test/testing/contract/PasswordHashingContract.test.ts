import { Effect, Layer, Redacted } from "effect"
import { createHash } from "node:crypto"
import {
  HashingUnavailable,
  InvalidPasswordHash,
  PasswordHashing
} from "../../../src/domain/security/PasswordHashing.ts"
import * as ScryptPasswordHashing from "../../../src/infrastructure/security/encryption/ScryptPasswordHashing.ts"
import { contract, unavailableContract } from "../../../src/testing/contract/PasswordHashingContract.ts"
import { bites } from "../../../src/testing/vitest.ts"

type Service = typeof PasswordHashing.Service

const broken = (change: (hashing: Service) => Partial<Service>) =>
  Layer.effect(
    PasswordHashing,
    Effect.map(ScryptPasswordHashing.make({ ln: 1, r: 1, p: 1 }), (hashing) => ({ ...hashing, ...change(hashing) }))
  )

const digest = (password: Redacted.Redacted<string>) =>
  createHash("sha256").update(Redacted.value(password)).digest("base64").replaceAll("=", "")

bites(
  contract,
  "has no salt",
  broken(() => ({
    hash: (password) => Effect.succeed(`$sha256$AAAA$${digest(password)}`),
    verify: (password, hash) => Effect.succeed({ valid: hash.endsWith(digest(password)), needsRehash: false })
  }))
)

bites(
  contract,
  "takes every password",
  broken(({ verify }) => ({
    verify: (password, hash) => Effect.as(verify(password, hash), { valid: true, needsRehash: false })
  }))
)

bites(
  contract,
  "calls a malformed hash a wrong password",
  broken(({ verify }) => ({
    verify: (password, hash) =>
      Effect.orElseSucceed(verify(password, hash), () => ({ valid: false, needsRehash: false }))
  }))
)

bites(
  contract,
  "wants every right password hashed again",
  broken(({ verify }) => ({
    verify: (password, hash) => Effect.map(verify(password, hash), ({ valid }) => ({ valid, needsRehash: valid }))
  }))
)

bites(
  contract,
  "wants the hash of a wrong password replaced",
  broken(({ verify }) => ({
    verify: (password, hash) => Effect.map(verify(password, hash), ({ valid }) => ({ valid, needsRehash: !valid }))
  }))
)

/** Looks at the part of a password that `seen` leaves. */
const partial = (seen: (password: string) => string) =>
  broken(({ hash, verify }) => {
    const cut = (password: Redacted.Redacted<string>) => Redacted.make(seen(Redacted.value(password)))
    return { hash: (password) => hash(cut(password)), verify: (password, stored) => verify(cut(password), stored) }
  })

bites(contract, "looks at 72 characters only, as bcrypt does", partial((password) => password.slice(0, 72)))

bites(contract, "ends passwords at NUL", partial((password) => password.split("\u0000")[0] ?? ""))

const stored = "$scrypt$ln=4,r=8,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA"

const outOfMemory = () => Promise.reject(new Error("malloc failure"))

const brokenWithoutMemory = (change: (hashing: Service) => Effect.Effect<Partial<Service>>) =>
  Layer.effect(
    PasswordHashing,
    Effect.flatMap(
      ScryptPasswordHashing.make({ ln: 1, r: 1, p: 1 }, outOfMemory),
      (hashing) => Effect.map(change(hashing), (changed) => ({ ...hashing, ...changed }))
    )
  )

bites(
  unavailableContract(stored),
  "calls a password wrong that it could not look at",
  brokenWithoutMemory(({ verify }) =>
    Effect.succeed({
      verify: (password, hash) =>
        Effect.catchTag(
          verify(password, hash),
          "HashingUnavailable",
          () => Effect.succeed({ valid: false, needsRehash: false })
        )
    })
  )
)

bites(
  unavailableContract(stored),
  "dies of it",
  brokenWithoutMemory(({ hash }) => Effect.succeed({ hash: (password) => Effect.orDie(hash(password)) }))
)

bites(
  unavailableContract(stored),
  "calls a hash damaged that it cannot compute",
  brokenWithoutMemory(({ verify }) =>
    Effect.succeed({
      verify: (password, hash) =>
        Effect.catchTag(verify(password, hash), "HashingUnavailable", () => new InvalidPasswordHash())
    })
  )
)

bites(
  unavailableContract(stored),
  "calls what is not a hash one that it cannot compute",
  brokenWithoutMemory(({ verify }) =>
    Effect.succeed({
      verify: (password, hash) =>
        Effect.catchTag(
          verify(password, hash),
          "InvalidPasswordHash",
          () => new HashingUnavailable({ algorithm: "scrypt" })
        )
    })
  )
)

bites(
  unavailableContract(stored),
  "keeps the turns of those that failed",
  brokenWithoutMemory(({ verify }) =>
    Effect.map(Effect.makeSemaphore(2), (turns) => ({
      verify: (password, hash) => Effect.zipRight(turns.take(1), verify(password, hash))
    }))
  )
)
