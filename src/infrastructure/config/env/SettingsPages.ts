/**
 * The pages that are written from the declarations: `docs/configuration.md` and `.env.example`.
 */
import { Option } from "effect"
import { profiles } from "../constants/Profiles.ts"
import { defaultIn } from "./SettingSpec.ts"
import type { SettingSpec } from "./SettingSpec.ts"
import { slices } from "./Slices.ts"
import { expectation } from "./Wording.ts"

/** What counts in each profile; profiles that agree are named together. */
const whenUnset = (spec: SettingSpec): string => {
  const byText = new Map<string, Array<string>>()
  for (const profile of profiles) {
    const text = spec.requiredIn?.includes(profile) === true
      ? "required"
      : Option.match(defaultIn(spec, profile), {
        onNone: () => "none",
        onSome: (value) => (spec.secret === true ? "a demonstration value" : `\`${value}\``)
      })
    byText.set(text, [...(byText.get(text) ?? []), profile])
  }
  return byText.size === 1
    ? Array.from(byText.keys()).join("")
    : Array.from(byText, ([text, names]) => `${text} in ${names.join(", ")}`).join("; ")
}

const notes = (spec: SettingSpec): string =>
  [
    ...(spec.secret === true
      ? [spec.fromFile === false ? "Secret." : `Secret; may be in the file that \`${spec.key}_FILE\` names.`]
      : []),
    ...(spec.group === undefined ? [] : [`Set together with the others of the group "${spec.group}" or not at all.`])
  ].map((note) => ` ${note}`).join("")

const table = (settings: ReadonlyArray<SettingSpec>) =>
  [
    "| setting | meaning | expected | when unset |",
    "|---|---|---|---|",
    ...settings.map((spec) =>
      `| \`${spec.key}\` | ${spec.doc}${notes(spec)} | ${expectation(spec)} | ${whenUnset(spec)} |`
    )
  ].join("\n")

const introduction = `# Configuration

<!-- Written by \`strata config docs\`. Change the declarations in src/infrastructure/config/env instead. -->

\`STRATA_ENV\` chooses a profile: ${
  profiles.map((profile) => `\`${profile}\``).join(", ")
}. All sources are merged into one
flat record, the origin of every value is kept, and the whole is decoded once: every problem is reported together, and the
program ends with exit code 78. \`strata config check\` does only that; \`strata config explain\` shows each value, where it was
found and which sources lost.

## Where values come from

Highest precedence first.

1. \`--set KEY=value\`, never for a secret: other processes can read a command line
2. the process environment
3. for a secret, the file that \`KEY_FILE\` names in one of the two above; a file that is missing, empty or unreadable is an error, and the line break at its end does not count (named in one of the files below, it counts like that file)
4. \`.env.<profile>.local\`, in \`local\`, \`development\` and \`test\` only
5. \`.env.<profile>\`, in the same profiles only
6. \`config/<profile>.json\`: one flat object of the settings below
7. the defaults of the profile
8. the defaults for all profiles

Files are looked for in the folder that the program runs in. A value that cannot be decoded is an error even when a lower source
has a good one. Empty counts as unset. Where a setting is required, defaults do not count. A name that begins with \`STRATA_\` and
is not listed here is an error in a file and a warning in the environment. In \`.env\` files, values with quotes, \`#\` or several
lines have to be quoted. Values of secrets are never printed, and messages about files name line and column only.
`

const folders =
  `Without \`STRATA_HOME\`, files are kept where the platform wants them. Every profile has folders of its own.

| | Linux (XDG) | macOS | Windows |
|---|---|---|---|
| config | \`$XDG_CONFIG_HOME/strata/<profile>\` | \`~/Library/Application Support/strata/<profile>/config\` | \`%APPDATA%\\strata\\<profile>\\config\` |
| data | \`$XDG_DATA_HOME/strata/<profile>\` | \`~/Library/Application Support/strata/<profile>/data\` | \`%LOCALAPPDATA%\\strata\\<profile>\\data\` |
| cache | \`$XDG_CACHE_HOME/strata/<profile>\` | \`~/Library/Caches/strata/<profile>\` | \`%LOCALAPPDATA%\\strata\\<profile>\\cache\` |
| state | \`$XDG_STATE_HOME/strata/<profile>\` | \`~/Library/Application Support/strata/<profile>/state\` | \`%LOCALAPPDATA%\\strata\\<profile>\\state\` |

With it: \`$STRATA_HOME/<profile>/config\`, \`data\`, \`cache\` and \`state\`.
`

/** `docs/configuration.md`. */
export const docs: string = [
  introduction,
  ...slices.map(({ settings, title }) =>
    `## ${title}\n\n${table(settings)}\n${title === "Folders" ? `\n${folders}` : ""}`
  )
].join("\n")

const entry = (spec: SettingSpec) =>
  [
    `# ${spec.doc}${notes(spec)}`,
    `# Expected: ${expectation(spec)}. When unset: ${whenUnset(spec)}.`,
    `# ${spec.key}="${spec.example}"`
  ].join("\n")

/** A file cannot decide the profile, which decides the files. */
const inFiles = slices.filter(({ title }) => title !== "Profile")

/** `.env.example`: nothing is set in it. */
export const example: string = [
  "# Copy to .env.local, .env.development or .env.test and remove the # before what you set.\n",
  ...inFiles.map(({ settings, title }) => [`# ---- ${title}`, ...settings.map(entry)].join("\n\n") + "\n")
].join("\n")
