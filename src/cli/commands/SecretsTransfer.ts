/**
 * `strata secrets export` and `import`: every secret in one age file (age-encryption.org/v1).
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Option, Schema } from "effect"
import { Maintenance } from "../../domain/operations/Maintenance.ts"
import type { ExportFor, ExportKey } from "../../domain/operations/Maintenance.ts"
import { json, text } from "../Arguments.ts"
import { withSecrets } from "../InEnvironment.ts"
import { green, note, print, printable, printJson } from "../Output.ts"
import * as SecretInput from "../SecretInput.ts"
import * as SecretsFile from "../SecretsFile.ts"

const recipient = Options.text("recipient").pipe(
  Options.withDescription("An age recipient (age1...), instead of a passphrase that is asked for"),
  Options.optional
)

const force = Options.boolean("force").pipe(Options.withDescription("Replace the file if it is there"))

const audience = (given: Option.Option<string>) =>
  Option.match(given, {
    onSome: (to) => Effect.succeed<ExportFor>({ _tag: "Recipient", recipient: to }),
    onNone: () =>
      Effect.map(
        SecretInput.newPassphrase("Passphrase for the export"),
        (passphrase): ExportFor => ({ _tag: "Passphrase", passphrase })
      )
  })

export const exportAll = Command.make(
  "export",
  { file: text("FILE", "Where to write; for your eyes only (0600)"), recipient, force },
  (options) =>
    Effect.gen(function*() {
      yield* SecretsFile.mayWrite(options.file, options.force)
      const to = yield* audience(options.recipient)
      yield* Effect.gen(function*() {
        const maintenance = yield* Maintenance
        yield* SecretsFile.write(options.file, yield* maintenance.exportAll(to), options.force)
        yield* note(`${green("✔")} Every secret is in ${printable(options.file)}, sealed`)
      }).pipe(withSecrets("secrets export"))
    })
).pipe(Command.withDescription("Write every secret into one sealed file (age), for a recipient or under a passphrase"))

const identity = Options.text("identity").pipe(
  Options.withDescription("The file of the age identity that opens it, instead of a passphrase that is asked for"),
  Options.optional
)

const replace = Options.boolean("replace").pipe(
  Options.withDescription("Replace secrets of the same name; they are kept otherwise")
)

const key = (given: Option.Option<string>) =>
  Option.match(given, {
    onSome: (file) =>
      Effect.map(SecretsFile.identity(file), (found): ExportKey => ({ _tag: "Identity", identity: found })),
    onNone: () =>
      Effect.map(
        SecretInput.passphrase("Passphrase of the export"),
        (passphrase): ExportKey => ({ _tag: "Passphrase", passphrase })
      )
  })

const Report = Schema.Struct({ added: Schema.Int, replaced: Schema.Int, kept: Schema.Int })

export const importAll = Command.make(
  "import",
  { file: text("FILE", "A file that \"strata secrets export\" wrote"), identity, replace, json },
  (options) =>
    Effect.gen(function*() {
      const content = yield* SecretsFile.read(options.file)
      const opens = yield* key(options.identity)
      yield* Effect.gen(function*() {
        const maintenance = yield* Maintenance
        const report = yield* maintenance.importAll(content, opens, { replace: options.replace })
        yield* options.json
          ? printJson("import", Report, report)
          : print(`${green("✔")} ${report.added} added, ${report.replaced} replaced, ${report.kept} kept as they were`)
      }).pipe(withSecrets("secrets import"))
    })
).pipe(Command.withDescription("Add the secrets of an exported file"))
