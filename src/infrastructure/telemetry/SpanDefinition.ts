/**
 * How the catalogue declares a span. The declaration is the only place where its name is written.
 */
import type { Tracer } from "effect"

/** One attribute: its key is the property name in `attributes`, `doc` says what it holds and in which unit. */
export type AttributeDefinitions = Readonly<Record<string, string>>

export interface SpanDefinition<Attributes extends AttributeDefinitions = AttributeDefinitions> {
  readonly name: string
  readonly kind: Tracer.SpanKind
  readonly doc: string
  readonly attributes: Attributes
  readonly events: Readonly<Record<string, string>>
}

/**
 * Declares a span. `name` has low cardinality: no id, no path, no value of a user. A `{placeholder}` in it is filled
 * by whoever opens the span, from a small, fixed set of words.
 */
export const define = <const Attributes extends AttributeDefinitions = {}>(definition: {
  readonly name: string
  readonly doc: string
  readonly kind?: Tracer.SpanKind
  readonly attributes?: Attributes
  readonly events?: Readonly<Record<string, string>>
}): SpanDefinition<Attributes> => ({
  name: definition.name,
  doc: definition.doc,
  kind: definition.kind ?? "internal",
  attributes: definition.attributes ?? ({} as Attributes),
  events: definition.events ?? {}
})
