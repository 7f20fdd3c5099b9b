/**
 * Help that starts with examples and names the whole command. Corrects what `@effect/cli` prints.
 */

/** Examples per command; the empty path is `strata` itself. */
const examples: Readonly<Record<string, ReadonlyArray<string>>> = {
  "": ["strata tour", "strata notes add \"Shopping\" --text \"Milk\"", "strata notes list --json", "strata doctor"],
  tour: ["strata tour", "strata tour ~/notes README.md"],
  up: ["strata up"],
  login: ["strata login --username ada@example.com", "printf %s \"$PASSWORD\" | strata login -u ada@example.com"],
  logout: ["strata logout"],
  whoami: ["strata whoami", "strata whoami --json"],
  notes: ["strata notes list", "strata notes import docs", "strata notes sync"],
  "notes list": ["strata notes list", "strata notes list --json"],
  "notes add": ["strata notes add \"Shopping\" --text \"Milk\"", "strata notes add \"Log\" < build.log"],
  "notes show": ["strata notes show 3f2a", "strata notes show 3f2a --json"],
  "notes edit": ["strata notes edit 3f2a --title \"Groceries\"", "strata notes edit 3f2a < new-text.md"],
  "notes rm": ["strata notes rm 3f2a"],
  "notes import": ["strata notes import docs", "strata notes import README.md ~/journal"],
  "notes sync": ["strata notes sync"],
  "notes watch": ["strata notes watch"],
  secrets: ["strata secrets set mail/password", "strata secrets get mail/password", "strata secrets doctor"],
  "secrets list": ["strata secrets list", "strata secrets list --json"],
  "secrets get": ["strata secrets get mail/password", "PGPASSWORD=$(strata secrets get db) psql"],
  "secrets set": ["strata secrets set mail/password", "strata secrets set deploy --ttl \"30 days\" < token.txt"],
  "secrets rm": ["strata secrets rm mail/password"],
  "secrets doctor": ["strata secrets doctor", "strata secrets doctor --json"],
  "secrets slots": ["strata secrets slots", "strata secrets slots add recovery-code"],
  "secrets slots add": ["strata secrets slots add passphrase", "strata secrets slots add keychain"],
  "secrets slots rm": ["strata secrets slots rm 2"],
  "secrets rotate": ["strata secrets rotate", "strata secrets rotate --root"],
  "secrets export": ["strata secrets export backup.age", "strata secrets export backup.age --recipient age1..."],
  "secrets import": [
    "strata secrets import backup.age",
    "strata secrets import backup.age --identity key.txt --replace"
  ],
  "secrets restore": ["strata secrets restore"],
  "secrets accept-rollback": ["strata secrets accept-rollback"],
  db: ["strata db check", "strata db backup ~/strata-backup.db", "strata db restore ~/strata-backup.db"],
  "db check": ["strata db check", "strata db check --json"],
  "db backup": ["strata db backup ~/strata-backup.db"],
  "db restore": ["strata db restore ~/strata-backup.db", "strata db restore ~/strata-backup.db --yes"],
  "db quarantine": ["strata db quarantine"],
  config: ["strata config check", "strata config explain STRATA_API_URL"],
  "config check": ["strata config check", "STRATA_ENV=production strata config check"],
  "config explain": ["strata config explain", "strata config explain STRATA_API_URL --json"],
  "config example": ["strata config example > .env.local"],
  "config docs": ["strata config docs > docs/configuration.md"],
  doctor: ["strata doctor", "strata doctor --json"],
  traces: ["strata traces ls", "strata traces show 4bf9", "strata traces top"],
  "traces ls": ["strata traces ls --errors --since \"1 hour\""],
  "traces show": ["strata traces show 4bf92f35"],
  "traces top": ["strata traces top --limit 10"],
  "traces clear": ["strata traces clear"],
  layers: ["strata layers", "strata layers --env production"],
  backend: ["strata backend", "strata backend --port 8080 --faults"]
}

/** The longest known command at the start of the arguments. */
export const commandPath = (args: ReadonlyArray<string>): string => {
  let path = ""
  for (const word of args) {
    const longer = path === "" ? word : `${path} ${word}`
    if (examples[longer] === undefined) return path
    path = longer
  }
  return path
}

const groups = new Set(["", "notes", "secrets", "db", "config", "traces"])

/** Whether help is what these words will print: a command's own output is never rewritten. */
export const isRequested = (words: ReadonlyArray<string>): boolean =>
  words.includes("--help") || words.includes("-h") || groups.has(words.join(" "))

/** Puts the examples first and completes the usage line; other text is left as it is. */
export const rewrite = (path: string) => (text: string): string => {
  if (!/USAGE/.test(text)) return text
  const words = path === "" ? "strata" : `strata ${path}`
  const leaf = words.slice(words.lastIndexOf(" ") + 1)
  const body = text.slice(Math.max(0, text.search(/[^\n]*USAGE/)))
  const usage = body.replace(new RegExp(`\\$ ((?:\\u001b\\[[0-9;]*m)*)${leaf}`, "g"), `$ $1${words}`)
  const lines = (examples[path] ?? []).map((example) => `  $ ${example}`)
  return [
    "\u001b[1mEXAMPLES\u001b[0m",
    "",
    ...lines,
    "",
    usage.trimEnd(),
    "",
    "  --set KEY=value",
    "",
    "    A setting for this run alone; see strata config explain. May be repeated."
  ].join("\n")
}
