/**
 * The embedded backend.
 */
import { define } from "../SpanDefinition.ts"

export const serverRequest = define({
  name: "{http.request.method} {http.route}",
  kind: "server",
  doc: "The embedded backend answers one request; the route is `*` where none matches",
  attributes: {
    "http.request.method": "The request's method",
    "http.route": "The path as declared in the wire contract, without values; absent where none matches",
    "http.response.status_code": "The status that was answered",
    "error.type": "The status, for 5xx"
  }
})

export const host = define({
  name: "backend.host",
  doc: "Finding the backend of this data folder, or becoming it",
  attributes: { "strata.backend.role": "`owner` when this process runs it, `client` when another one does" }
})
