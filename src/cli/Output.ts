/**
 * How the command writes: data on standard output, everything else on standard error.
 */
import { Console, Duration, Effect, Schema } from "effect"

const style = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`

/** ANSI styles (ECMA-48); the console strips them where they do not belong. */
export const bold = style(1)
export const dim = style(2)
export const red = style(31)
export const green = style(32)
export const yellow = style(33)

/** Every control sequence that starts with CSI. */
// oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
const controlSequence = /\u001b\[[0-9;]*[A-Za-z]/g

export const stripStyles = (text: string): string => text.replace(controlSequence, "")

/** Text from data, made safe for a terminal: control characters are shown, not sent. */
export const printable = (text: string): string =>
  text.replace(/\p{Cc}/gu, (character) => (character === "\n" || character === "\t" ? character : "\uFFFD"))

/** Printable, on one line. */
export const printableLine = (text: string): string => text.replace(/\p{Cc}/gu, "\uFFFD")

/** Three significant figures and the unit that suits. */
export const duration = (value: Duration.DurationInput): string => {
  const millis = Duration.toMillis(value)
  if (millis < 1) return `${Math.round(millis * 1000)} us`
  if (millis < 1000) return `${millis < 10 ? millis.toFixed(1) : Math.round(millis)} ms`
  return millis < 60_000 ? `${(millis / 1000).toFixed(1)} s` : `${Math.round(millis / 60_000)} min`
}

/** In the binary unit that suits. */
export const bytes = (count: number): string => {
  const units = ["bytes", "KiB", "MiB", "GiB"]
  const unit = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10))
  const value = count / 1024 ** unit
  return `${unit === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

const width = (cell: string) => stripStyles(cell).length

/** Rows with their columns aligned; the last column is free. */
export const columns = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths: Array<number> = []
  for (const row of rows) row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, width(cell))))
  return rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : cell + " ".repeat((widths[index] ?? 0) - width(cell))))
      .join("  ")
      .trimEnd()
  )
}

export const print = (line: string): Effect.Effect<void> => Console.log(line)

/** A line for the person, not for a program. */
export const note = (line: string): Effect.Effect<void> => Console.error(line)

export const printRows = (rows: ReadonlyArray<ReadonlyArray<string>>): Effect.Effect<void> =>
  Effect.forEach(columns(rows), print, { discard: true })

/** One JSON object on one line: `{ "version": 1, [name]: value }`. The version grows when a reader would break. */
export const jsonLine = <A, I>(name: string, schema: Schema.Schema<A, I>, value: A): Effect.Effect<string> =>
  Schema.encode(schema)(value).pipe(
    Effect.flatMap((encoded) => Schema.encode(Schema.parseJson(Schema.Unknown))({ version: 1, [name]: encoded })),
    Effect.orDie
  )

export const printJson = <A, I>(name: string, schema: Schema.Schema<A, I>, value: A): Effect.Effect<void> =>
  Effect.flatMap(jsonLine(name, schema, value), print)
