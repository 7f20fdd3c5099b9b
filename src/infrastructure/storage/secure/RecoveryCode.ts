/**
 * A vault key for paper: 256 random bits and a checksum of 24, as 14 groups of Crockford's base 32
 * (https://www.crockford.com/base32.html).
 */
import { Option, Redacted } from "effect"
import { createHash } from "node:crypto"
import * as VaultKeyText from "./VaultKeyText.ts"

const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
const checksumLength = 3
const textLength = ((VaultKeyText.keyLength + checksumLength) * 8) / 5
const groupLength = 4

/** Longer input is not looked at. */
const maxInput = 256

const checksum = (key: Uint8Array) =>
  createHash("sha256").update("strata/recovery-code/1").update(key).digest().subarray(0, checksumLength)

const bits = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("")

const grouped = (text: string, length: number) =>
  Array.from(
    { length: Math.ceil(text.length / length) },
    (_, index) => text.slice(index * length, (index + 1) * length)
  )

/** Equal codes for equal keys. */
export const format = (key: Redacted.Redacted<Uint8Array>): Redacted.Redacted<string> => {
  const bytes = Redacted.value(key)
  const fives = grouped(bits(Buffer.concat([bytes, checksum(bytes)])), 5)
  const text = fives.map((five) => digits.charAt(Number.parseInt(five, 2))).join("")
  return Redacted.make(grouped(text, groupLength).join("-"))
}

/** Case, white space and dashes do not matter, nor does O for 0, or I or L for 1. `none` when something is mistyped. */
export const parse = (code: Redacted.Redacted<string>): Option.Option<Redacted.Redacted<Uint8Array>> => {
  const input = Redacted.value(code)
  if (input.length > maxInput) return Option.none()
  const text = input.toUpperCase().replaceAll(/[\s-]/g, "").replaceAll("O", "0").replaceAll(/[IL]/g, "1")
  const values = Array.from(text, (digit) => digits.indexOf(digit))
  if (values.length !== textLength || values.includes(-1)) return Option.none()
  const all = values.map((value) => value.toString(2).padStart(5, "0")).join("")
  const bytes = Uint8Array.from(grouped(all, 8), (byte) => Number.parseInt(byte, 2))
  const key = bytes.subarray(0, VaultKeyText.keyLength)
  return checksum(key).equals(bytes.subarray(VaultKeyText.keyLength))
    ? Option.some(Redacted.make(key))
    : Option.none()
}
