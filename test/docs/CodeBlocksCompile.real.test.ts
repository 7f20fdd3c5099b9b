import { assert, describe, it } from "@effect/vitest"
import { resolve } from "node:path"
import ts from "typescript"
import * as CodeBlocks from "./CodeBlocks.ts"

const blocks = CodeBlocks.writeAll("compiled")

const diagnose = () => {
  const config = resolve(import.meta.dirname, "../../tsconfig.json")
  const { options } = ts.getParsedCommandLineOfConfigFile(config, {}, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
      throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"))
    }
  }) ?? { options: {} }
  const program = ts.createProgram(blocks.map(({ path }) => path), {
    ...options,
    noEmit: true,
    rewriteRelativeImportExtensions: false
  })
  const checked = blocks.flatMap(({ path }) => program.getSourceFile(path) ?? [])
  const problems = checked.flatMap((file) => [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file)
  ])
  return {
    checked: checked.length,
    problems: problems.map(({ file, messageText, start }) =>
      `${file?.fileName}:${file?.getLineAndCharacterOfPosition(start ?? 0).line} ${
        ts.flattenDiagnosticMessageText(messageText, "\n")
      }`
    )
  }
}

describe("code blocks of the documentation", () => {
  it("compile under the project's own settings", () => {
    const { checked, problems } = diagnose()
    assert.deepStrictEqual(problems, [])
    assert.isAbove(checked, 6)
    assert.strictEqual(checked, blocks.length)
  })
})
