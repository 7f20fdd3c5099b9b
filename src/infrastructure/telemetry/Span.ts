/**
 * Opening and annotating spans of the catalogue.
 */
import { Cause, Effect, Option, Predicate } from "effect"
import type { AttributeDefinitions, SpanDefinition } from "./SpanDefinition.ts"

/** Values for some of a span's declared attributes. */
export type Attributes<Definition extends SpanDefinition> = Definition extends
  SpanDefinition<infer A extends AttributeDefinitions> ? { readonly [Key in keyof A]?: string | number | boolean }
  : never

/** The bounded word for a failure in `error.type`: its tag, never its message. */
export const errorType = (cause: Cause.Cause<unknown>): string =>
  Cause.failureOption(cause).pipe(
    Option.match({
      onNone: () => (Cause.isInterruptedOnly(cause) ? "Interrupted" : "Defect"),
      onSome: (failure) => (Predicate.hasProperty(failure, "_tag") ? String(failure._tag) : "Unknown")
    })
  )

/** What stands for each `{placeholder}` of a span's name: words from a small, fixed set, such as a method or a table. */
export type Placeholders = Readonly<Record<string, string>>

/** The words of a name, placeholders at the odd places. */
const partsOf = new WeakMap<SpanDefinition, ReadonlyArray<string>>()

/** A placeholder that nothing stands for is left out. */
const nameOf = (definition: SpanDefinition, placeholders: Placeholders | undefined) => {
  if (placeholders === undefined) return definition.name
  let parts = partsOf.get(definition)
  if (parts === undefined) {
    parts = definition.name.split(/\{([^}]+)\}/)
    partsOf.set(definition, parts)
  }
  let name = ""
  for (const [index, part] of parts.entries()) name += index % 2 === 0 ? part : placeholders[part] ?? ""
  return name.trim()
}

const options = <Definition extends SpanDefinition>(
  definition: Definition,
  attributes: Attributes<Definition> | undefined
) => ({
  kind: definition.kind,
  captureStackTrace: false,
  ...(attributes === undefined ? {} : { attributes })
} as const)

/** Runs `effect` in a span of the catalogue; a failure sets `error.type`. */
export const withSpan = <Definition extends SpanDefinition>(
  definition: Definition,
  attributes?: Attributes<Definition>,
  placeholders?: Placeholders
) =>
<A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.tapErrorCause((cause) =>
      Cause.isInterruptedOnly(cause) ? Effect.void : Effect.annotateCurrentSpan("error.type", errorType(cause))
    ),
    Effect.withSpan(nameOf(definition, placeholders), options(definition, attributes))
  )

/** A span that the caller ends, for work that no single effect encloses. */
export const make = <Definition extends SpanDefinition>(
  definition: Definition,
  attributes?: Attributes<Definition>,
  placeholders?: Placeholders
) => Effect.makeSpan(nameOf(definition, placeholders), options(definition, attributes))

/** Adds attributes to the current span, which has to be one of `definition`. */
export const annotate = <Definition extends SpanDefinition>(
  _definition: Definition,
  attributes: Attributes<Definition>
) => Effect.annotateCurrentSpan(attributes)

/** Adds an event declared by `definition` to the current span, if there is one. */
export const event = <Definition extends SpanDefinition>(
  _definition: Definition,
  name: keyof Definition["events"] & string,
  attributes: Readonly<Record<string, string | number | boolean>> = {}
) =>
  Effect.gen(function*() {
    const span = yield* Effect.option(Effect.currentSpan)
    if (Option.isNone(span)) return
    const clock = yield* Effect.clock
    span.value.event(name, yield* clock.currentTimeNanos, attributes)
  })
