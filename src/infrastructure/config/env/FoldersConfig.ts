/**
 * Where this application keeps its files, by the platform's conventions.
 */
import { Context, Option } from "effect"
import { posix, win32 } from "node:path"
import { AbsolutePath } from "./SettingSchemas.ts"
import * as Slice from "./Slice.ts"

/** Absolute paths. Every profile has its own folders, so that data of one backend never meets data of another. */
export class FoldersConfig extends Context.Tag("effect-strata/infrastructure/config/env/FoldersConfig")<
  FoldersConfig,
  {
    /** What a person may edit, and key files. */
    readonly config: string

    /** What must not be lost. */
    readonly data: string

    /** What can be fetched or made again. */
    readonly cache: string

    /** What belongs to this machine: locks, traces, logs. */
    readonly state: string
  }
>() {}

const name = "strata"

/**
 * Linux and other systems: XDG Base Directory Specification 0.8, where relative paths count as unset. macOS: the
 * Library folders of the File System Programming Guide. Windows: the known folders RoamingAppData and LocalAppData.
 */
export const foldersOf = (
  { environment, home, platform, profile }: Slice.Surroundings,
  strataHome: Option.Option<string>
): typeof FoldersConfig.Service => {
  const { isAbsolute, join } = platform === "win32" ? win32 : posix
  const variable = (key: string, ...fallback: ReadonlyArray<string>) => {
    const value = environment[key]
    return value !== undefined && isAbsolute(value) ? value : join(home, ...fallback)
  }
  const within = (folder: string) => ({
    config: join(folder, "config"),
    data: join(folder, "data"),
    cache: join(folder, "cache"),
    state: join(folder, "state")
  })
  if (Option.isSome(strataHome)) return within(join(strataHome.value, profile))
  switch (platform) {
    case "darwin": {
      const library = join(home, "Library")
      return {
        ...within(join(library, "Application Support", name, profile)),
        cache: join(library, "Caches", name, profile)
      }
    }
    case "win32": {
      return {
        ...within(join(variable("LOCALAPPDATA", "AppData", "Local"), name, profile)),
        config: join(variable("APPDATA", "AppData", "Roaming"), name, profile, "config")
      }
    }
    default: {
      return {
        config: join(variable("XDG_CONFIG_HOME", ".config"), name, profile),
        data: join(variable("XDG_DATA_HOME", ".local", "share"), name, profile),
        cache: join(variable("XDG_CACHE_HOME", ".cache"), name, profile),
        state: join(variable("XDG_STATE_HOME", ".local", "state"), name, profile)
      }
    }
  }
}

export const slice: Slice.Slice<FoldersConfig> = Slice.make({
  title: "Folders",
  tag: FoldersConfig,
  settings: {
    home: {
      key: "STRATA_HOME",
      schema: AbsolutePath,
      doc:
        "Keeps configuration, data, cache and state under this folder instead of the platform's folders. Each profile has its own folder below it.",
      example: "/srv/strata"
    }
  },
  make: ({ home }, surroundings) => foldersOf(surroundings, home)
})
