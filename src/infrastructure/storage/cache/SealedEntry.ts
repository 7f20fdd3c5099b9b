/**
 * How an entry is written to be sealed: its tags and value as content, and what it is bound to as associated data.
 */
import type { Entry, NewEntry } from "./EntryStore.ts"

/** As every store keeps it. */
const whole = (number: number) => Math.trunc(Math.min(number, Number.MAX_SAFE_INTEGER))

/** The entry under hidden names, with numbers as they will come back. */
export const rowOf = (entry: NewEntry, key: string, tags: ReadonlyArray<string>): NewEntry => ({
  ...entry,
  key,
  tags,
  storedAt: whole(entry.storedAt),
  freshUntil: whole(entry.freshUntil),
  revalidateUntil: whole(entry.revalidateUntil),
  keptUntil: whole(entry.keptUntil)
})

/** JSON, so that no two places have the same; while a disk fails numbers have fractions, which it does not keep. */
export const placeOf = (row: NewEntry, generation: NewEntry["generation"]): Uint8Array =>
  Buffer.from(JSON.stringify([
    row.key,
    typeof generation === "number" ? Math.floor(generation) : generation,
    row.storedAt,
    row.freshUntil,
    row.revalidateUntil,
    row.keptUntil,
    row.tags
  ]))

const ofLoad = 1
const ofSet = 0

/** Says before the rest which kind of generation it is bound to. */
export const marked = (sealed: Uint8Array, generation: NewEntry["generation"]): Uint8Array => {
  const value = new Uint8Array(sealed.byteLength + 1)
  value[0] = generation === "next" ? ofSet : ofLoad
  value.set(sealed, 1)
  return value
}

/** What a stored value says it is bound to. */
export const generationOf = ({ generation, value }: Entry): NewEntry["generation"] =>
  value[0] === ofLoad ? generation : "next"

const lengthBytes = 4

/** The tags with their length before them, then the value. */
export const contentOf = ({ tags, value }: NewEntry): Uint8Array => {
  const names = tags.length === 0 ? new Uint8Array(0) : Buffer.from(JSON.stringify(tags))
  const content = Buffer.allocUnsafe(lengthBytes + names.byteLength + value.byteLength)
  content.writeUInt32BE(names.byteLength)
  content.set(names, lengthBytes)
  content.set(value, lengthBytes + names.byteLength)
  return content
}

/** Of content that was authentic. */
export const parse = (content: Uint8Array): Pick<NewEntry, "tags" | "value"> => {
  const length = new DataView(content.buffer, content.byteOffset, content.byteLength).getUint32(0)
  const names = content.subarray(lengthBytes, lengthBytes + length)
  return {
    tags: length === 0 ? [] : JSON.parse(Buffer.from(names).toString()),
    value: content.subarray(lengthBytes + length)
  }
}
