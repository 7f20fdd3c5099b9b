/**
 * What an error's body says about it: problem details (RFC 9457), and whatever is near enough.
 */
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Effect, Option, Predicate, Record, Redacted, Schema, Stream } from "effect"
import { BufferedResponse } from "./transport/BufferedResponse.ts"

/** Members that are missing or of another type are left out. What may hold words about a person is `told`. */
export interface Problem {
  /** A URI reference as it was sent, `about:blank` when there is none: the status says everything then. */
  readonly type: string
  /** As the body has it. What counts is the status of the answer. */
  readonly status: number | undefined
  /** Where the faults lie, never values. */
  readonly issues: ReadonlyArray<string>
  readonly told: Redacted.Redacted<Told>
}

export interface Told {
  readonly title: string | undefined
  readonly detail: string | undefined
  readonly instance: string | undefined
  /** Every other member, as it is. */
  readonly extensions: Readonly<Record<string, unknown>>
}

const known = new Set(["type", "status", "title", "detail", "instance"])

const parseJson = Schema.decodeUnknownOption(Schema.parseJson(Schema.Unknown))

/** Problems that are longer are none, and are not read. */
const maxLength = 65_536

/** `application/problem+json`, any other JSON, or what does not say what it is. */
const mayBeJson = (contentType: string | undefined) =>
  contentType === undefined || /^\s*[\w.+-]+\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(contentType)

/** Where a problem's error lies, however the backend writes it; nothing that could be a value. */
const location = (error: unknown): string | undefined => {
  if (typeof error === "string") return error
  if (!Predicate.isRecord(error)) return undefined
  if (Array.isArray(error["path"])) return error["path"].map(String).join(".")
  return ["pointer", "field", "name", "parameter"].map((key) => error[key]).find((value) => typeof value === "string")
}

const text = (value: unknown) => typeof value === "string" ? value : undefined

const bounded = ({ stream }: HttpClientResponse) =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    const fits = (chunk: Uint8Array) =>
      Effect.sync(() => {
        chunks.push(chunk)
        size += chunk.length
        return size <= maxLength
      })
    return Effect.map(
      Stream.runForEachWhile(stream, fits),
      () => size > maxLength ? "" : new TextDecoder().decode(Buffer.concat(chunks))
    )
  })

/** The body of an error; empty when it cannot be read or is too long. */
export const textOf = (response: HttpClientResponse): Effect.Effect<string> =>
  Effect.orElseSucceed(response instanceof BufferedResponse ? response.text : bounded(response), () => "")

/** Reads the body of an error. What is no problem at all is one without members. */
export const parse = (body: string, contentType?: string): Problem => {
  const parsed = mayBeJson(contentType) && body.length <= maxLength ? Option.getOrUndefined(parseJson(body)) : undefined
  const members = Predicate.isRecord(parsed) && !Array.isArray(parsed) ? parsed : {}
  const errors = members["errors"] ?? members["issues"]
  const status = members["status"]
  return {
    type: text(members["type"])?.slice(0, 200) ?? "about:blank",
    status: Number.isInteger(status) ? Number(status) : undefined,
    issues: Array.isArray(errors)
      ? errors.slice(0, 20).flatMap((error) => location(error)?.slice(0, 200) ?? [])
      : [],
    told: Redacted.make({
      title: text(members["title"]),
      detail: text(members["detail"]),
      instance: text(members["instance"]),
      extensions: Record.filter(members, (_, key) => !known.has(key))
    })
  }
}
