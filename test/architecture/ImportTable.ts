/** Who may import whom, written down a second time and independently of the rules that enforce it. */
const chain = [
  "domain",
  "infrastructure/config/constants",
  "infrastructure/config/env",
  "infrastructure/telemetry",
  "infrastructure/security",
  "infrastructure/storage",
  "infrastructure/network",
  "infrastructure/datasources",
  "infrastructure/services",
  "infrastructure/environments"
] as const

export const areas = [...chain, "backend", "testing", "cli", "entry"] as const

export type Area = (typeof areas)[number]

const beside: Readonly<Record<Exclude<Area, (typeof chain)[number]>, ReadonlyArray<Area>>> = {
  backend: ["domain", "infrastructure/config/constants", "infrastructure/telemetry"],
  testing: ["domain"],
  cli: ["domain"],
  entry: [...chain, "testing"]
}

const isLink = (area: Area): area is (typeof chain)[number] => chain.some((link) => link === area)

/** Whether a module standing directly in `from` may import one standing directly in `to`. */
export const allows = (from: Area, to: Area): boolean => {
  if (from === to || (from === "infrastructure/environments" && to === "backend")) {
    return true
  }
  if (!isLink(from)) {
    return beside[from].includes(to)
  }
  return isLink(to) && chain.indexOf(to) < chain.indexOf(from)
}

/** Imports between particular files, for the rows that name files or folders of an area. */
export const particulars: ReadonlyArray<
  { readonly from: string; readonly to: string; readonly allowed: boolean; readonly graphOnly?: boolean }
> = [
  { from: "backend/A.ts", to: "infrastructure/network/api/contract/NotesApi.ts", allowed: true },
  { from: "backend/B.ts", to: "infrastructure/network/api/ApiClient.ts", allowed: false },
  { from: "backend/C.ts", to: "infrastructure/security/encryption/Aead.ts", allowed: true },
  { from: "backend/D.ts", to: "infrastructure/security/keychain/Keychain.ts", allowed: false },
  { from: "backend/E.ts", to: "infrastructure/storage/local/LocalDatabase.ts", allowed: true },
  { from: "backend/F.ts", to: "infrastructure/storage/secure/Vault.ts", allowed: false },
  { from: "testing/contract/A.ts", to: "infrastructure/security/keychain/Keychain.ts", allowed: true },
  { from: "testing/B.ts", to: "infrastructure/network/api/contract/NotesApi.ts", allowed: true },
  { from: "testing/C.ts", to: "infrastructure/telemetry/redaction/Rules.ts", allowed: true },
  { from: "testing/D.ts", to: "infrastructure/telemetry/Telemetry.ts", allowed: false },
  { from: "testing/contract/E.ts", to: "infrastructure/storage/cache/MemoryCache.ts", allowed: false },
  { from: "testing/contract/F.ts", to: "infrastructure/security/encryption/Aead.ts", allowed: false, graphOnly: true },
  { from: "cli/A.ts", to: "main.ts", allowed: false },
  { from: "entry/A.ts", to: "main.ts", allowed: false },
  { from: "domain/auth/A.ts", to: "main.ts", allowed: false },
  { from: "infrastructure/environments/A.ts", to: "main.ts", allowed: false },
  { from: "utils/A.ts", to: "domain/auth/User.ts", allowed: false, graphOnly: true }
]
