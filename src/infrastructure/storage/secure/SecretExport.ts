/**
 * What stands inside an export: JSON, so that a person who decrypts it with `age` can read it without this program.
 */
import { DateTime, Effect, Redacted, Schema } from "effect"
import { InvalidExport } from "../../../domain/operations/Maintenance.ts"

/** The last moment a date can tell, in ms since 1970 (ECMA-262). */
const lastDate = 8.64e15

/** One secret. */
export interface ExportedEntry {
  readonly name: string
  readonly value: Redacted.Redacted<string>
  /** In ms since 1970; 0 for never. */
  readonly expiresAt: bigint
}

/** Half a surrogate pair would not come back from the store as what it was. */
const Text = Schema.String.pipe(Schema.filter((text) => Buffer.from(text, "utf8").toString("utf8") === text))

const Entry = Schema.Struct({
  name: Text,
  value: Text,
  /** ISO 8601. */
  expiresAt: Schema.optional(Schema.DateTimeUtc)
})

const format = "strata-secrets"
const version = 1

const Document = Schema.parseJson(
  Schema.Struct({
    format: Schema.Literal(format),
    version: Schema.Literal(version),
    entries: Schema.Array(Entry)
  }),
  { space: 1 }
)

/** As much of any version as says which one it is. */
const Head = Schema.parseJson(Schema.Struct({ format: Schema.Literal(format), version: Schema.Int }))

const fromEntry = ({ expiresAt, name, value }: ExportedEntry): typeof Entry.Type => ({
  name,
  value: Redacted.value(value),
  ...(expiresAt === 0n ? {} : { expiresAt: DateTime.unsafeMake(Math.min(Number(expiresAt), lastDate)) })
})

const toEntry = ({ expiresAt, name, value }: typeof Entry.Type): ExportedEntry => ({
  name,
  value: Redacted.make(value),
  expiresAt: expiresAt === undefined ? 0n : BigInt(Math.max(1, DateTime.toEpochMillis(expiresAt)))
})

/** The caller overwrites the bytes when they are encrypted. */
export const encode = (entries: ReadonlyArray<ExportedEntry>): Uint8Array =>
  Buffer.from(Schema.encodeSync(Document)({ format, version, entries: entries.map(fromEntry) }), "utf8")

const invalid = (problem: string) => new InvalidExport({ problem })

/** No failure tells anything of the content. */
export const decode = (bytes: Uint8Array): Effect.Effect<ReadonlyArray<ExportedEntry>, InvalidExport> =>
  Effect.gen(function*() {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8")
    const head = yield* Effect.mapError(Schema.decode(Head)(text), () => invalid("it holds no secrets of this program"))
    if (head.version > version) return yield* invalid("a newer version of the application made it")
    const { entries } = yield* Effect.mapError(Schema.decode(Document)(text), () => invalid("its content is malformed"))
    if (new Set(entries.map(({ name }) => name)).size !== entries.length) {
      return yield* invalid("it holds two secrets of one name")
    }
    return entries.map(toEntry)
  })
