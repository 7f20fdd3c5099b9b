/**
 * A secret with a structure, kept as JSON. What does not decode is a typed failure that says where and how, never what.
 */
import { Effect, Option, ParseResult, Redacted, Schema, SchemaAST } from "effect"
import type { SecretFailure } from "./SecretFailure.ts"
import { SecureStore } from "./SecureStore.ts"
import type { SetOptions } from "./SecureStore.ts"

/** The stored text is authentic and not of the schema: another version wrote it. It is kept as it is. */
export class InvalidSecret extends Schema.TaggedError<InvalidSecret>()("InvalidSecret", {
  /** `*` stands for a name that is part of the data. */
  issues: Schema.Array(Schema.Struct({ path: Schema.String, kind: Schema.String }))
}) {
  override get message() {
    const where = this.issues.map(({ kind, path }) => `${kind} at ${path || "the top"}`)
    return `A secret is not of the expected form (${where.join(", ")})`
  }
}

/** The names that a schema itself speaks of. */
const declaredNames = (ast: SchemaAST.AST): ReadonlySet<PropertyKey> => {
  const names = new Set<PropertyKey>()
  const seen = new Set<SchemaAST.AST>()
  const visit = (node: SchemaAST.AST): void => {
    if (seen.has(node)) return
    seen.add(node)
    if (SchemaAST.isTypeLiteral(node)) {
      for (const { name, type } of node.propertySignatures) {
        names.add(name)
        visit(type)
      }
      node.indexSignatures.forEach(({ type }) => visit(type))
    }
    if (SchemaAST.isUnion(node)) node.types.forEach(visit)
    if (SchemaAST.isTupleType(node)) [...node.elements, ...node.rest].forEach(({ type }) => visit(type))
    if (SchemaAST.isRefinement(node)) visit(node.from)
    if (SchemaAST.isTransformation(node)) [node.from, node.to].forEach(visit)
    if (SchemaAST.isSuspend(node)) visit(node.f())
    if (SchemaAST.isDeclaration(node)) node.typeParameters.forEach(visit)
  }
  visit(ast)
  return names
}

/** The error's text and values quote the secret; the kinds of its issues and the schema's own names do not. */
const sanitised = (names: ReadonlySet<PropertyKey>) => (error: ParseResult.ParseError) =>
  new InvalidSecret({
    issues: ParseResult.ArrayFormatter.formatErrorSync(error).map(({ _tag, path }) => ({
      kind: _tag,
      path: path.map((part) => typeof part === "number" ? `[${part}]` : names.has(part) ? String(part) : "*").join(".")
    }))
  })

type Decoded<A> = Option.Option<A>

/** One entry of the store, by its name. A value that the schema cannot encode is a bug. */
export const forSchema = <A, I>(options: { readonly name: string; readonly schema: Schema.Schema<A, I> }) => {
  const json = Schema.parseJson(options.schema)
  const decodeText = Schema.decode(json)
  const encodeText = Schema.encode(json)
  const invalid = sanitised(declaredNames(options.schema.ast))

  const decode = (text: Option.Option<Redacted.Redacted<string>>): Effect.Effect<Decoded<A>, InvalidSecret> =>
    Option.isNone(text)
      ? Effect.succeedNone
      : Effect.asSome(Effect.mapError(decodeText(Redacted.value(text.value)), invalid))

  const encode = (value: A) =>
    encodeText(value).pipe(
      Effect.map((text) => Redacted.make(text)),
      Effect.mapError(invalid),
      Effect.orDie
    )

  return {
    get: Effect.flatMap(SecureStore, (store) => Effect.flatMap(store.get(options.name), decode)),

    set: (value: A, setOptions?: SetOptions): Effect.Effect<void, SecretFailure, SecureStore> =>
      Effect.flatMap(
        SecureStore,
        (store) => Effect.flatMap(encode(value), (text) => store.set(options.name, text, setOptions))
      ),

    remove: Effect.flatMap(SecureStore, (store) => store.remove(options.name)),

    /** `SecureStore.modify` on decoded values. What `change` gives back as it was is not written. */
    modify: <B, E, R>(
      change: (current: Decoded<A>) => Effect.Effect<readonly [B, Decoded<A>], E, R>
    ): Effect.Effect<B, SecretFailure | InvalidSecret | E, SecureStore | R> =>
      Effect.flatMap(SecureStore, (store) =>
        store.modify(options.name, (text) =>
          Effect.gen(function*() {
            const current = yield* decode(text)
            const [answer, next] = yield* change(current)
            if (next === current) return [answer, text] as const
            return [answer, Option.isSome(next) ? Option.some(yield* encode(next.value)) : Option.none()] as const
          })))
  }
}
