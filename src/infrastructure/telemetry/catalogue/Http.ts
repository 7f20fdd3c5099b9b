/**
 * Requests to the backend, by the HTTP client conventions of OpenTelemetry: one span per attempt.
 */
import * as MetricDefinition from "../MetricDefinition.ts"
import { define } from "../SpanDefinition.ts"

export const request = define({
  name: "{http.request.method} {url.template}",
  kind: "client",
  doc: "One attempt on the wire. A path that is not in the wire contract leaves the name at the method",
  attributes: {
    "http.request.method": "The method",
    "server.address": "Host of the backend",
    "server.port": "Port of the backend",
    "url.scheme": "`http` or `https`",
    "url.template": "The path as the wire contract writes it, without ids; absent for other paths",
    "http.response.status_code": "Status of the answer, when there is one",
    "http.request.resend_count":
      "How many attempts of the same call came before, whatever their reason; absent on the first"
  },
  events: {}
})

export const requestDuration = MetricDefinition.histogram({
  name: "http.client.request.duration",
  unit: "s",
  doc: "One attempt, from sending to the end of the answer (to its head for streams)",
  attributes: {
    "http.request.method": { doc: "The method", values: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "_OTHER"] },
    "http.response.status_code": { doc: "Status of the answer, when there is one", atMost: 20 }
  }
})

export const retries = MetricDefinition.counter({
  name: "strata.http.retries",
  unit: "{request}",
  doc: "Attempts made because the one before failed in a way that may pass"
})
