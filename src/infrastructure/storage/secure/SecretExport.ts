/**
 * What stands inside an export: JSON, so that a person who decrypts it with `age` can read it without this program.
 */
import { Effect, Schema } from "effect"
import { InvalidExport } from "../../../domain/operations/Maintenance.ts"

/** Half a surrogate pair would not come back from the store as what it was. */
const Text = Schema.String.pipe(Schema.filter((text) => Buffer.from(text, "utf8").toString("utf8") === text))

/** One secret. */
const Entry = Schema.Struct({
  name: Text,
  value: Schema.Redacted(Text),
  /** ISO 8601; for ever when absent. */
  expiresAt: Schema.optionalWith(Schema.DateTimeUtc, { as: "Option" })
})

export type ExportedEntry = typeof Entry.Type

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

/** The caller overwrites the bytes when they are encrypted. */
export const encode = (entries: ReadonlyArray<ExportedEntry>): Uint8Array =>
  Buffer.from(Schema.encodeSync(Document)({ format, version, entries }), "utf8")

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
    return entries
  })
