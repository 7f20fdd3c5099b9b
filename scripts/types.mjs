// TypeScript's and Effect's diagnostics from one program. The command line of the language service loads the whole
// program again for every fifty files; as a plugin it uses the one that is there.
import { createRequire } from "node:module"
import { relative } from "node:path"
import ts from "typescript"

const require = createRequire(import.meta.url)
const plugin = () => require("@effect/language-service/index.js")({ typescript: ts })

const root = process.cwd()
const { errors, fileNames, options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile("tsconfig.json", ts.sys.readFile).config,
  ts.sys,
  root
)
const config = options.plugins?.find(({ name }) => name === "@effect/language-service")
if (config === undefined) {
  throw new Error("tsconfig.json does not configure @effect/language-service, which then checks nothing")
}

const folders = process.argv.slice(2)
const checked = fileNames.filter((name) =>
  folders.length === 0 || folders.some((folder) => relative(root, name).startsWith(folder))
)

/** Tests and benchmarks start processes, wait for them and read what they print. */
const forSourcesOnly = [
  "deterministicKeys",
  "globalConsole",
  "globalConsoleInEffect",
  "globalDate",
  "globalDateInEffect",
  "globalErrorInEffectCatch",
  "globalErrorInEffectFailure",
  "globalTimers",
  "globalTimersInEffect",
  "newPromise",
  "preferSchemaOverJson",
  "processEnv",
  "processEnvInEffect"
]

const host = {
  getCompilationSettings: () => options,
  getScriptFileNames: () => fileNames,
  getScriptVersion: () => "1",
  getScriptSnapshot: (name) => {
    const text = ts.sys.readFile(name)
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
  },
  getCurrentDirectory: () => root,
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  fileExists: ts.sys.fileExists,
  readFile: ts.sys.readFile,
  readDirectory: ts.sys.readDirectory,
  directoryExists: ts.sys.directoryExists,
  getDirectories: ts.sys.getDirectories,
  realpath: ts.sys.realpath
}

const languageService = ts.createLanguageService(host)
const service = (off) =>
  plugin().create({
    languageService,
    languageServiceHost: host,
    project: { log: () => undefined },
    config: {
      ...config,
      diagnosticSeverity: { ...config.diagnosticSeverity, ...Object.fromEntries(off.map((rule) => [rule, "off"])) }
    }
  })
const services = { sources: service([]), others: service(forSourcesOnly) }
const serviceOf = (name) => relative(root, name).startsWith("src/") ? services.sources : services.others

const wanted = new Set([ts.DiagnosticCategory.Error, ts.DiagnosticCategory.Warning])
const diagnostics = [
  ...errors,
  ...languageService.getCompilerOptionsDiagnostics(),
  ...checked.flatMap((name) => [
    ...languageService.getSyntacticDiagnostics(name),
    ...serviceOf(name).getSemanticDiagnostics(name)
  ])
].filter(({ category }) => wanted.has(category))

const place = ({ file, start }) => {
  if (file === undefined || start === undefined) {
    return "tsconfig.json"
  }
  const { character, line } = file.getLineAndCharacterOfPosition(start)
  return `${relative(root, file.fileName)}:${line + 1}:${character + 1}`
}

for (const one of diagnostics) {
  console.log(`${place(one)} ${ts.flattenDiagnosticMessageText(one.messageText, "\n")}`)
}
console.log(`Checked ${checked.length} files, found ${diagnostics.length} problems`)
process.exitCode = diagnostics.length === 0 ? 0 : 1
