/**
 * What `doctor` says about telemetry.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import { Effect, Option } from "effect"
import { Check } from "../../../domain/operations/Check.ts"
import { TelemetryConfig } from "../../config/env/TelemetryConfig.ts"
import { TelemetryStatus } from "../TelemetryStatus.ts"
import type { ExporterCounts } from "../TelemetryStatus.ts"
import type { Probe } from "./CollectedDiagnostics.ts"

/** The local trace store opens. */
export const store: Effect.Effect<Probe, never, TelemetryStatus> = Effect.map(TelemetryStatus, (status) => ({
  name: "trace store",
  check: Effect.map(Effect.all([status.storeProblem, status.exporters]), ([problem, exporters]) =>
    problem !== undefined
      ? new Check({
        name: "trace store",
        status: "warning",
        detail: problem,
        fix: "Move the file traces.db out of the state folder; it is made anew"
      })
      : new Check({
        name: "trace store",
        status: "ok",
        detail: exporters.some(({ exporter }) => exporter === "store") ? "Opens" : "Not used in this profile"
      }))
}))

const lost = ({ dropped, failed }: ExporterCounts) => dropped + failed

/** No span was lost in this process. */
export const losses: Effect.Effect<Probe, never, TelemetryStatus> = Effect.map(TelemetryStatus, (status) => ({
  name: "spans dropped",
  check: Effect.map(status.exporters, (exporters) => {
    const losing = exporters.filter((each) => lost(each) > 0)
    return losing.length === 0
      ? new Check({ name: "spans dropped", status: "ok", detail: "None" })
      : new Check({
        name: "spans dropped",
        status: "warning",
        detail: losing.map((each) => `${each.exporter}: ${lost(each)} of ${each.ended}`).join(", "),
        fix: "See whether the disk is full and the collector reachable"
      })
  })
}))

/** The collector answers. Any answer will do: OTLP defines none for a request without a body. */
export const collector = (endpoint: Option.Option<string>): Effect.Effect<Probe, never, HttpClient.HttpClient> =>
  Effect.map(HttpClient.HttpClient, (client) => ({
    name: "collector",
    check: Option.match(endpoint, {
      onNone: () => Effect.succeed(new Check({ name: "collector", status: "ok", detail: "None is configured" })),
      onSome: (url) =>
        HttpClient.withTracerDisabledWhen(client, () => true).get(`${url}/v1/traces`).pipe(
          Effect.timeout("3 seconds"),
          Effect.option,
          Effect.map((response) =>
            Option.isSome(response)
              ? new Check({ name: "collector", status: "ok", detail: "Answers" })
              : new Check({
                name: "collector",
                status: "warning",
                detail: "Does not answer within 3 seconds; traces, metrics and logs are being dropped",
                fix: "Check OTEL_EXPORTER_OTLP_ENDPOINT, or unset it"
              })
          )
        )
    })
  }))

/** All of them; without those about this process where it records nothing itself. */
export const all: Effect.Effect<ReadonlyArray<Probe>, never, HttpClient.HttpClient | TelemetryConfig> = Effect.gen(
  function*() {
    const { endpoint } = yield* TelemetryConfig
    const status = yield* Effect.serviceOption(TelemetryStatus)
    const own = Option.isNone(status)
      ? []
      : yield* Effect.provideService(Effect.all([store, losses]), TelemetryStatus, status.value)
    return [...own, yield* collector(endpoint)]
  }
)
