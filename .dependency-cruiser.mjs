// The import table of the architecture. Each area may import itself and what is listed here, as value or as type.
const infrastructure = "^src/infrastructure/"
const chain = [
  ["domain", "^src/domain/"],
  ["config/constants", `${infrastructure}config/constants/`],
  ["config/env", `${infrastructure}config/env/`],
  ["telemetry", `${infrastructure}telemetry/`],
  ["security", `${infrastructure}security/`],
  ["storage", `${infrastructure}storage/`],
  ["network", `${infrastructure}network/`],
  ["datasources", `${infrastructure}datasources/`],
  ["services", `${infrastructure}services/`],
  ["environments", `${infrastructure}environments/`]
]
const area = Object.fromEntries(chain)
const contract = `${infrastructure}network/api/contract/`

/** Ports that only infrastructure calls, so they stand beside their adapters. */
const ports = `${infrastructure}(`
  + "security/keychain/Keychain|security/encryption/Keyset(Store)?|"
  + "storage/local/(LocalDatabase|Migration|ProcessLock|Lease)|storage/cache/EntryStore|network/api/(ApiClient|PlainApiClient|AccessTokens|ApiError|transport/(Transport|MemoryServer|WholeBody|AnswerBody|BufferedResponse|StreamingResponse|Discard))"
  + ")\\.ts$"
const redaction = `${infrastructure}telemetry/(redaction/|Redact)`

const table = [
  ...chain.map(([name, path], index) => ({
    name,
    path,
    mayImport: [
      ...chain.slice(0, index).map(([, left]) => left),
      ...(name === "environments" ? ["^src/backend/"] : [])
    ]
  })),
  {
    name: "backend",
    path: "^src/backend/",
    mayImport: [
      area["domain"],
      area["config/constants"],
      area["telemetry"],
      contract,
      `${infrastructure}security/encryption/`,
      `${infrastructure}storage/local/`
    ]
  },
  { name: "testing", path: "^src/testing/", mayImport: [area["domain"], redaction, contract, ports] },
  { name: "cli", path: "^src/cli/", mayImport: [area["domain"]] },
  {
    name: "entry",
    path: "^src/entry/",
    mayImport: [area["domain"], infrastructure, "^src/testing/"]
  },
  {
    name: "main.ts",
    path: "^src/main\\.ts$",
    mayImport: [...chain.map(([, path]) => path), "^src/cli/"]
  }
]

const boundaries = table.map(({ mayImport, name, path }) => ({
  name: `${name} keeps to its side`,
  comment: `${name} imports what stands to its left in the import table`,
  severity: "error",
  from: { path },
  to: { path: "^(src|test|bench|scripts)/", pathNot: [path, ...mayImport] }
}))

export default {
  forbidden: [
    ...boundaries,
    {
      name: "src has no file outside the tree",
      comment: "A file that no row of the import table covers",
      severity: "error",
      from: { path: "^src/", pathNot: table.map(({ path }) => path) },
      to: {}
    },
    {
      name: "domain knows effect only",
      severity: "error",
      from: { path: area["domain"] },
      to: { path: "", pathNot: ["^src/", "^node_modules/effect/"] }
    },
    {
      name: "only testing/vitest.ts knows a test runner",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/testing/vitest\\.ts$" },
      to: { path: "^node_modules/(@effect/)?vitest/" }
    },
    {
      name: "published code needs no development dependency",
      comment: "The command is bundled; everything else is resolved on the user's machine",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(main\\.ts|cli/)" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["npm", "npm-peer", "npm-optional"] }
    },
    {
      name: "every package is declared",
      severity: "error",
      from: { path: "^(src|test|bench)/" },
      // An optional peer counts as "npm-no-pkg" too, because `peerDependenciesMeta` lists it.
      to: {
        dependencyTypes: ["npm-no-pkg", "npm-unknown"],
        dependencyTypesNot: ["npm", "npm-dev", "npm-peer", "npm-optional"]
      }
    },
    {
      name: "every import resolves",
      severity: "error",
      from: {},
      to: { couldNotResolve: true }
    },
    {
      name: "no cycle",
      severity: "error",
      from: {},
      to: { circular: true }
    }
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["types", "import", "node", "default"] },
    skipAnalysisNotInRules: false
  }
}
