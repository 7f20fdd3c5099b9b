/**
 * The key that a passphrase is stretched to: argon2id (RFC 9106) where `@node-rs/argon2` is installed, else scrypt
 * (RFC 7914).
 *
 * A slot's params hold `version u8 | function u8 | cost | salt (16) | checksum (8)`; the cost is `log2 N u8 | r u8 | p u8`
 * for scrypt and `KiB u32 | passes u8 | lanes u8` for argon2id.
 */
import { Effect, Either, Redacted } from "effect"
import { createHash, randomBytes } from "node:crypto"
import { Locked, Tampered } from "../../../domain/storage/SecretFailure.ts"
import * as Scrypt from "../../security/encryption/Scrypt.ts"
import * as Framing from "./Framing.ts"
import * as VaultKeyText from "./VaultKeyText.ts"

/** Scrypt: memory is 128 * N * r bytes. Argon2id: memory in KiB. */
export type Cost =
  | { readonly _tag: "scrypt" } & Scrypt.Cost
  | { readonly _tag: "argon2id"; readonly memory: number; readonly passes: number; readonly lanes: number }

export interface Params {
  readonly cost: Cost
  readonly salt: Uint8Array
}

const version = 1
const saltLength = 16
const checksumLength = 8

/** RFC 9106's second recommended option; measured at 123 ms. */
const argon2Cost: Cost = { _tag: "argon2id", memory: 64 * 1024, passes: 3, lanes: 1 }

/** 128 MiB; measured at 658 ms. */
const scryptCost: Cost = { _tag: "scrypt", ln: 17, r: 8, p: 1 }

/** The work and the memory a cost asks for, each as a part of what a file may ask of us: about a second and 256 MiB. */
export const share = (cost: Cost): number =>
  cost._tag === "scrypt"
    ? Math.max((2 ** cost.ln * cost.r * cost.p) / 2 ** 21, (2 ** cost.ln * cost.r) / 2 ** 21)
    : Math.max((cost.memory * cost.passes) / 2 ** 20, cost.memory / 2 ** 18)

/** Whether the function takes it at all, and at a price we pay: the file that names the cost may be an attacker's. */
const isAffordable = (cost: Cost): boolean =>
  share(cost) <= 1 &&
  (cost._tag === "scrypt"
    ? cost.ln >= 1 && cost.r >= 1 && cost.p >= 1 && cost.ln < 16 * cost.r
    : cost.passes >= 1 && cost.lanes >= 1 && cost.lanes <= 4 && cost.memory >= 8 * cost.lanes)

/** Tells a damaged salt from a wrong passphrase. No protection against a person: they can compute it. */
const checksum = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest().subarray(0, checksumLength)

const costBytes = (cost: Cost): ReadonlyArray<Uint8Array> =>
  cost._tag === "scrypt"
    ? [Framing.u8(1), Framing.u8(cost.ln), Framing.u8(cost.r), Framing.u8(cost.p)]
    : [Framing.u8(2), Framing.u32(cost.memory), Framing.u8(cost.passes), Framing.u8(cost.lanes)]

export const encode = ({ cost, salt }: Params): Uint8Array => {
  const bytes = Buffer.concat([Framing.u8(version), ...costBytes(cost), salt])
  return Buffer.concat([bytes, checksum(bytes)])
}

const readCost = (reader: Framing.Reader): Cost | undefined => {
  switch (reader.u8()) {
    case 1:
      return { _tag: "scrypt", ln: reader.u8(), r: reader.u8(), p: reader.u8() }
    case 2:
      return { _tag: "argon2id", memory: reader.u32(), passes: reader.u8(), lanes: reader.u8() }
    default:
      return undefined
  }
}

const tampered = new Tampered({ what: "unlock slot" })

/** Takes no more work than reading it. A function or a version of the future is `Locked`: a newer program opens it. */
export const decode = (params: Uint8Array): Either.Either<Params, Tampered | Locked> => {
  const end = Math.max(0, params.length - checksumLength)
  const bytes = params.subarray(0, end)
  if (!checksum(bytes).equals(params.subarray(end))) return Either.left(tampered)
  const parsed = Framing.parse(bytes, (reader) => ({
    version: reader.u8(),
    cost: readCost(reader),
    salt: Uint8Array.from(reader.rest())
  }))
  if (parsed === undefined) return Either.left(tampered)
  const { cost, salt } = parsed
  if (parsed.version !== version || cost === undefined) {
    return Either.left(new Locked({ fixes: ["update the application: it does not know this kind of passphrase slot"] }))
  }
  return salt.length === saltLength && isAffordable(cost) ? Either.right({ cost, salt }) : Either.left(tampered)
}

const argon2 = Effect.tryPromise({
  try: () => import("@node-rs/argon2"),
  catch: () => new Locked({ fixes: ["install @node-rs/argon2, which made this passphrase's key"] })
})

/** As strong as this installation can. */
export const defaultCost: Effect.Effect<Cost> = Effect.map(
  Effect.isSuccess(argon2),
  (isInstalled) => isInstalled ? argon2Cost : scryptCost
)

/** With a salt of its own. */
export const generate = (cost: Cost): Params => ({ cost, salt: new Uint8Array(randomBytes(saltLength)) })

/** Either function has been given what it takes; what is left is the memory. */
const outOfMemory = new Locked({ fixes: ["try again when less memory is in use"] })

const withScrypt = (password: Uint8Array, salt: Uint8Array, cost: Scrypt.Cost) =>
  Effect.tryPromise({
    try: () => Scrypt.derive(password, salt, VaultKeyText.keyLength, cost),
    catch: () => outOfMemory
  })

const withArgon2 = (password: Uint8Array, salt: Uint8Array, cost: Extract<Cost, { _tag: "argon2id" }>) =>
  Effect.flatMap(argon2, ({ hashRaw }) =>
    Effect.tryPromise({
      try: () =>
        hashRaw(password, {
          // Argon2id in its version 1.3; the package's constants do not exist at run time.
          algorithm: 2,
          version: 1,
          salt,
          memoryCost: cost.memory,
          timeCost: cost.passes,
          parallelism: cost.lanes,
          outputLen: VaultKeyText.keyLength
        }),
      catch: () => outOfMemory
    }))

/** The same passphrase typed on another keyboard has the same bytes: NFKC (NIST SP 800-63B, 5.1.1.2). */
export const derive = (
  passphrase: Redacted.Redacted<string>,
  { cost, salt }: Params
): Effect.Effect<Redacted.Redacted<Uint8Array>, Locked> =>
  Effect.suspend(() => {
    const password = Buffer.from(Redacted.value(passphrase).normalize("NFKC"), "utf8")
    const key: Effect.Effect<Uint8Array, Locked> = cost._tag === "scrypt"
      ? withScrypt(password, salt, cost)
      : withArgon2(password, salt, cost)
    return key.pipe(
      Effect.map((bytes) => Redacted.make(Uint8Array.from(bytes))),
      Effect.ensuring(Effect.sync(() => password.fill(0)))
    )
  })
