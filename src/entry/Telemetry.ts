/**
 * OpenTelemetry, redacted in front of every exporter, and the trace store of this machine.
 */
export * as CollectedDiagnostics from "../infrastructure/telemetry/diagnostics/CollectedDiagnostics.ts"
export * as MemoryDiagnostics from "../infrastructure/telemetry/diagnostics/MemoryDiagnostics.ts"
export * as Span from "../infrastructure/telemetry/Span.ts"
export { define as defineSpan } from "../infrastructure/telemetry/SpanDefinition.ts"
export type { SpanDefinition } from "../infrastructure/telemetry/SpanDefinition.ts"
export * as Telemetry from "../infrastructure/telemetry/Telemetry.ts"
export type { TelemetryOptions } from "../infrastructure/telemetry/TelemetryOptions.ts"
export { TelemetryStatus } from "../infrastructure/telemetry/TelemetryStatus.ts"
export * as MemoryTraces from "../infrastructure/telemetry/traces/MemoryTraces.ts"
export * as SqliteTraces from "../infrastructure/telemetry/traces/SqliteTraces.ts"
