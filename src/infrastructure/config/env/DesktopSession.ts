/**
 * What the environment says about the desktop session that this process belongs to.
 */
import * as ProcessSources from "./ProcessSources.ts"

export interface DesktopSession {
  /** D-Bus server addresses; empty when nothing names a session bus. */
  readonly busAddress: string

  /** Whether a dialog would be seen by anybody. */
  readonly interactive: boolean
}

const isSet = (value: string | undefined): value is string => value !== undefined && value !== ""

/** Every byte as D-Bus addresses escape those that are not plain. */
const escaped = (path: string) =>
  Array.from(Buffer.from(path), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")

/** The bus is where `DBUS_SESSION_BUS_ADDRESS` says, else where systemd puts it. Nothing is ever started for it. */
export const fromEnvironment = (environment: Readonly<Record<string, string | undefined>>): DesktopSession => {
  const {
    DBUS_SESSION_BUS_ADDRESS: address,
    DISPLAY: display,
    WAYLAND_DISPLAY: wayland,
    XDG_RUNTIME_DIR: runtime
  } = environment
  const systemd = isSet(runtime) ? `unix:path=${escaped(`${runtime}/bus`)}` : ""
  return { busAddress: isSet(address) ? address : systemd, interactive: isSet(display) || isSet(wayland) }
}

export const current = (): DesktopSession => fromEnvironment(ProcessSources.make().environment)
