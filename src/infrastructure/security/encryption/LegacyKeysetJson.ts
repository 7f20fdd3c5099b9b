/**
 * The JSON form that keysets had before Tink's: read, never written.
 */
import { Option, Redacted, Schema } from "effect"
import type { Keyset } from "./Keyset.ts"

const Id = Schema.Int.pipe(Schema.between(1, 0xffff_ffff))

const Keys = <A extends string>(algorithm: A) =>
  Schema.Struct({
    primary: Id,
    keys: Schema.NonEmptyArray(Schema.Struct({
      id: Id,
      algorithm: Schema.Literal(algorithm),
      material: Schema.Uint8ArrayFromBase64.pipe(Schema.filter(({ length }) => length === 32))
    }))
  }).pipe(
    Schema.filter(({ keys, primary }) => {
      const ids = new Set(keys.map(({ id }) => id))
      return ids.size === keys.length && ids.has(primary)
    })
  )

const readAead = Schema.decodeOption(Schema.parseJson(Keys("AES256_GCM")))
const readPrf = Schema.decodeOption(Schema.parseJson(Keys("HKDF_SHA256")))

/** `none` when the text is not of this form, or of another primitive. */
export const decodeAead = (text: string): Option.Option<Keyset<"Aead">> =>
  Option.map(readAead(text), ({ keys, primary }) => ({
    primitive: "Aead",
    primary,
    keys: keys.map(({ id, material }) => ({
      id,
      status: "ENABLED",
      prefix: "TINK",
      algorithm: "AES_256_GCM",
      material: Redacted.make(material)
    }))
  }))

const decodePrf = (text: string): Option.Option<Keyset<"Prf">> =>
  Option.map(readPrf(text), ({ keys, primary }) => ({
    primitive: "Prf",
    primary,
    keys: keys.map(({ id, material }) => ({
      id,
      status: "ENABLED",
      prefix: "RAW",
      algorithm: "HKDF_SHA256",
      material: Redacted.make(material),
      salt: new Uint8Array(0)
    }))
  }))

/** `none` when the text is not of this form. */
export const decode = (text: string): Option.Option<Keyset> =>
  Option.orElse(decodeAead(text), (): Option.Option<Keyset> => decodePrf(text))
