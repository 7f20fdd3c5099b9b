/**
 * Telemetry, in the names of OpenTelemetry's specification where it has one.
 */
import { Context, Option } from "effect"
import type { LogLevel, Redacted } from "effect"
import { LogLevelName, oneOf, Pairs, PrivateUrl, Ratio, SecretPairs, Switch, Text } from "./SettingSchemas.ts"
import * as Slice from "./Slice.ts"

const samplers = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio"
] as const

export class TelemetryConfig extends Context.Tag("effect-strata/infrastructure/config/env/TelemetryConfig")<
  TelemetryConfig,
  {
    readonly disabled: boolean

    /** The base URL without a trailing slash: `/v1/traces`, `/v1/metrics` and `/v1/logs` are under it. */
    readonly endpoint: Option.Option<string>

    /** Sent with every export. */
    readonly headers: Option.Option<Redacted.Redacted<Readonly<Record<string, string>>>>
    readonly serviceName: string

    /** Further attributes of the resource, without `service.name`. */
    readonly resourceAttributes: Readonly<Record<string, string>>
    readonly sampler: typeof samplers[number]

    /** For the samplers with a ratio. */
    readonly samplerRatio: number
    readonly logLevel: LogLevel.Literal
  }
>() {}

const defaultServiceName = "effect-strata"

export const slice: Slice.Slice<TelemetryConfig> = Slice.make({
  title: "Telemetry",
  tag: TelemetryConfig,
  settings: {
    disabled: {
      key: "OTEL_SDK_DISABLED",
      schema: Switch,
      doc: "Records and exports nothing.",
      example: "true",
      defaults: { "*": "false" }
    },
    endpoint: {
      key: "OTEL_EXPORTER_OTLP_ENDPOINT",
      schema: PrivateUrl,
      doc: "The OTLP/HTTP collector. Without it nothing leaves the machine.",
      example: "http://localhost:4318"
    },
    headers: {
      key: "OTEL_EXPORTER_OTLP_HEADERS",
      schema: SecretPairs,
      doc: "Headers for the collector, such as its credentials; values are percent-encoded.",
      example: "authorization=Bearer%20abc",
      secret: true
    },
    serviceName: {
      key: "OTEL_SERVICE_NAME",
      schema: Text,
      doc: "`service.name` of everything exported.",
      example: "field-notes",
      defaults: { "*": defaultServiceName }
    },
    resourceAttributes: {
      key: "OTEL_RESOURCE_ATTRIBUTES",
      schema: Pairs,
      doc: "Further resource attributes; values are percent-encoded.",
      example: "service.namespace=field,host.name=laptop"
    },
    sampler: {
      key: "OTEL_TRACES_SAMPLER",
      schema: oneOf(samplers),
      doc: "Which traces are recorded.",
      example: "parentbased_traceidratio",
      defaults: { production: "parentbased_traceidratio", "*": "parentbased_always_on" }
    },
    samplerRatio: {
      key: "OTEL_TRACES_SAMPLER_ARG",
      schema: Ratio,
      doc: "The share of traces that a sampler with a ratio records.",
      example: "0.1",
      defaults: { production: "0.1", "*": "1" }
    },
    logLevel: {
      key: "STRATA_LOG_LEVEL",
      schema: LogLevelName,
      doc: "The least important log lines to write: all, trace, debug, info, warning, error, fatal or none.",
      example: "debug",
      defaults: { local: "warning", test: "warning", "*": "info" }
    }
  },
  make: ({ resourceAttributes, serviceName, ...values }) => {
    const { "service.name": named, ...attributes } = Option.getOrElse(
      resourceAttributes,
      (): Readonly<Record<string, string>> => ({})
    )
    return {
      ...values,
      // OTEL_SERVICE_NAME goes before service.name among the attributes, which goes before the default.
      serviceName: serviceName === defaultServiceName ? named ?? serviceName : serviceName,
      resourceAttributes: attributes
    }
  }
})
