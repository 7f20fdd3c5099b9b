/**
 * Decodes what was merged, every setting on its own, so that all problems are found at once.
 */
import { Effect, Either, Option, Schema } from "effect"
import type { SettingIssue } from "../../../domain/operations/Setting.ts"
import type { Candidate, Merged } from "./Merge.ts"
import { nearest } from "./Nearest.ts"
import type { SettingSpec } from "./SettingSpec.ts"
import type { Sources } from "./Sources.ts"
import * as Wording from "./Wording.ts"

/** The text of the candidate that won. A secret file that is named and not usable fails: a lower source does not step in. */
const textOf = (
  sources: Sources,
  spec: SettingSpec,
  { origin, value }: Candidate
): Effect.Effect<string, SettingIssue> =>
  "text" in value ? Effect.succeed(value.text) : sources.read(value.file).pipe(
    Effect.mapError(() => Wording.secretFileUnusable(spec, origin, "cannot be read")),
    Effect.flatMap(Option.match({
      onNone: () => Effect.fail(Wording.secretFileUnusable(spec, origin, "does not exist")),
      onSome: (text) => {
        const line = text.replace(/\r?\n$/, "")
        return line === "" ? Effect.fail(Wording.secretFileUnusable(spec, origin, "is empty")) : Effect.succeed(line)
      }
    }))
  )

/** None when the setting is unset. */
export const decode = (sources: Sources, { candidates: [winner], spec }: Merged) =>
  winner === undefined ? Effect.succeedNone : Effect.asSome(
    Effect.flatMap(
      textOf(sources, spec, winner),
      (text): Either.Either<unknown, SettingIssue> =>
        spec.secret === true && text.startsWith("secret://")
          ? Either.left(Wording.secretReference(spec, winner.origin))
          : Either.mapLeft(
            Schema.decodeUnknownEither(spec.schema)(text),
            () => Wording.notAcceptable(spec, text, winner.origin, suggestion(spec, text))
          )
    )
  )

/** The accepted value that `text` may have been meant for. */
const suggestion = (spec: SettingSpec, text: string): Option.Option<string> =>
  spec.secret === true ? Option.none() : nearest(text.slice(0, 80).toLowerCase(), literalsOf(spec))

const literalsOf = ({ schema: { ast } }: SettingSpec): ReadonlyArray<string> =>
  ast._tag === "Union"
    ? ast.types.flatMap((type) => (type._tag === "Literal" && typeof type.literal === "string" ? [type.literal] : []))
    : []
