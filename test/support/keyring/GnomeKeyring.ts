import { Effect } from "effect"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { installed } from "../needs.ts"
import * as SessionBus from "./SessionBus.ts"

export const password = "testpw"

const secrets = "org.freedesktop.secrets"

/** The real daemon, started with its login keyring open, or with it closed: as it is after a login without a password. */
export const start = (bus: SessionBus.SessionBus, state: "unlocked" | "locked") =>
  Effect.gen(function*() {
    // No newline: it would be part of the password.
    const args = ["--foreground", "--components=secrets", ...(state === "unlocked" ? ["--unlock"] : [])]
    const daemon = yield* SessionBus.program(
      "gnome-keyring-daemon",
      args,
      bus.environment,
      state === "unlocked" ? password : ""
    )
    yield* SessionBus.eventually(SessionBus.hasOwner(bus.address, secrets))
    return daemon
  })

export const kill = (bus: SessionBus.SessionBus, daemon: ChildProcess) =>
  Effect.zipRight(
    Effect.promise(async () => {
      const ended = once(daemon, "exit")
      daemon.kill("SIGKILL")
      await ended
    }),
    SessionBus.eventually(Effect.map(SessionBus.hasOwner(bus.address, secrets), (has) => !has))
  )

/** A bus whose keyring has `password` and is open. */
export const unlocked = Effect.gen(function*() {
  const bus = yield* SessionBus.make()
  const daemon = yield* start(bus, "unlocked")
  return { bus, daemon }
})

export const isInstalled = () => installed("dbus-daemon", "gnome-keyring-daemon")
