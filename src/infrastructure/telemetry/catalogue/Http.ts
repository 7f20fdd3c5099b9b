/**
 * Requests to the backend, by the HTTP client conventions of OpenTelemetry: one CLIENT span per attempt, inside one
 * INTERNAL span per call.
 */
import * as MetricDefinition from "../MetricDefinition.ts"
import { define } from "../SpanDefinition.ts"

export const call = define({
  name: "api {strata.api.version} {url.template}",
  doc:
    "One call to the backend with its queues, waits and attempts; a failed one is an error, whatever its attempts were",
  attributes: {
    "http.request.method": "The method",
    "url.template": "The path as the wire contract writes it, without ids; absent for other paths",
    "http.response.status_code": "Status of the answer that the call ended with, when there is one",
    "strata.http.sends": "How often it went out: 0 when it was refused here or answered from the cache"
  },
  events: {}
})

export const request = define({
  name: "{http.request.method} {url.template}",
  kind: "client",
  doc:
    "One attempt on the wire. A path that is not in the wire contract leaves the name at the method, and a method that is not known at `HTTP`",
  attributes: {
    "http.request.method": "The method, `_OTHER` for one that is not known",
    "http.request.method_original": "The method as it was sent, when it is not known",
    "server.address": "Host that the request went to",
    "server.port": "Port that the request went to",
    "url.scheme": "`http` or `https`",
    "url.template": "The path as the wire contract writes it, without ids; absent for other paths and other hosts",
    "http.response.status_code": "Status of the answer, when there is one",
    "http.request.resend_count":
      "How many attempts of the same call came before, whatever their reason; absent on the first"
  },
  events: {}
})

const method = {
  doc: "The method",
  values: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "_OTHER"]
} as const
const server = {
  "server.address": { doc: "Host that the request went to; another than the backend's is rare", atMost: 1 },
  "server.port": { doc: "Port that the request went to", atMost: 1 }
} as const

export const requestDuration = MetricDefinition.histogram({
  name: "http.client.request.duration",
  unit: "s",
  doc: "One attempt, from sending to the end of the answer (to its head for streams)",
  attributes: {
    "http.request.method": method,
    "http.response.status_code": { doc: "Status of the answer, when there is one", atMost: 12 },
    "error.type": {
      doc: "The status when it is one of an error, else why there is no answer",
      beside: "http.response.status_code",
      atMost: 10
    },
    ...server
  }
})

export const activeRequests = MetricDefinition.upDownCounter({
  name: "http.client.active_requests",
  unit: "{request}",
  doc: "Attempts that are on the wire",
  attributes: { "http.request.method": method, ...server }
})

export const retries = MetricDefinition.counter({
  name: "strata.http.retries",
  unit: "{request}",
  doc: "Attempts made because the one before failed in a way that may pass"
})

export const budgetExhausted = MetricDefinition.counter({
  name: "strata.http.budget.exhausted",
  unit: "{request}",
  doc: "Attempts that were not made because too many failed before them"
})

export const hedges = MetricDefinition.counter({
  name: "strata.http.hedges",
  unit: "{request}",
  doc: "Second requests sent because the first was late or failed"
})

export const throttled = MetricDefinition.counter({
  name: "strata.http.throttled",
  unit: "{request}",
  doc: "Requests that were refused here, before they were sent",
  attributes: {
    "strata.http.throttled_by": {
      doc: "The full queue of the bulkhead, the adaptive throttle, or the backend's rate limit",
      values: ["bulkhead", "adaptive", "rate"]
    }
  }
})

export const bulkheadWait = MetricDefinition.histogram({
  name: "strata.http.bulkhead.wait",
  unit: "s",
  doc: "How long calls waited because too many others were under way; calls that did not wait are not counted"
})

export const rateLimitWait = MetricDefinition.histogram({
  name: "strata.http.ratelimit.wait",
  unit: "s",
  doc: "How long requests waited for a rate limit or a `Retry-After`; requests that did not wait are not counted"
})

export const breakerState = MetricDefinition.gauge({
  name: "strata.http.breaker.state",
  unit: "1",
  doc: "The circuit breaker that changed last: 0 closed, 1 half-open, 2 open, 3 isolated by hand",
  attributes: {
    "strata.http.lane": {
      doc: "Calls with credentials, or those that get the credentials",
      values: ["signed", "plain"]
    }
  }
})

export const cached = MetricDefinition.counter({
  name: "strata.http.cache",
  unit: "{request}",
  doc: "GET and HEAD requests that the HTTP cache looked at",
  attributes: {
    "strata.http.cache.outcome": {
      doc:
        "`hit`; `stale`, served although it is; `revalidated` by a 304; `miss`; `collapsed`, brought by another's request",
      values: ["hit", "stale", "revalidated", "miss", "collapsed"]
    }
  }
})
