/**
 * Forms as bytes: the same ones however often the request is sent.
 */
import type { FormData } from "@effect/platform/HttpBody"
import { Effect } from "effect"
import type { Cause } from "effect"

interface EncodedForm {
  /** With the boundary. */
  readonly contentType: string
  readonly bytes: Uint8Array
}

const encoded = new WeakMap<FormData, EncodedForm>()

/** `multipart/form-data` (RFC 7578). A file that cannot be read is a failure. */
export const encode = (body: FormData): Effect.Effect<EncodedForm, Cause.UnknownException> => {
  const known = encoded.get(body)
  if (known !== undefined) return Effect.succeed(known)
  return Effect.tryPromise(async () => {
    const response = new Response(body.formData)
    const form = {
      contentType: response.headers.get("content-type") ?? "multipart/form-data",
      bytes: new Uint8Array(await response.arrayBuffer())
    }
    encoded.set(body, form)
    return form
  })
}
