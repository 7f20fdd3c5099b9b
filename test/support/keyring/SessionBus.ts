import { Effect, Schedule } from "effect"
import type { Scope } from "effect"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Connection from "../../../src/infrastructure/security/keychain/dbus/Connection.ts"
import * as DBus from "../../../src/infrastructure/security/keychain/dbus/SessionBus.ts"
import { temporaryFolder } from "../temporaryFolder.ts"

export interface SessionBus {
  readonly address: string
  /** A home of its own; also the environment of the bus, and so of what it starts. */
  readonly home: string
  readonly environment: Readonly<Record<string, string>>
}

const config = (home: string, services: string) =>
  `<busconfig>
  <type>session</type>
  <listen>unix:path=${home}/bus</listen>
  <servicedir>${services}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>`

/** A program that ends, by its id, with the scope. */
export const program = (
  command: string,
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>>,
  input = ""
): Effect.Effect<ChildProcess, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(command, args, { env: { PATH: process.env["PATH"] ?? "", ...environment }, stdio: "pipe" })
      child.stderr.resume()
      // One that ended before reading breaks the pipe.
      child.stdin.on("error", () => {})
      child.stdin.end(input)
      return child
    }),
    (child) =>
      Effect.promise(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        child.kill("SIGKILL")
        await once(child, "exit")
      })
  )

/** Tries again until it holds, for at most 15 s. */
export const eventually = <E, R>(condition: Effect.Effect<boolean, E, R>) =>
  condition.pipe(
    Effect.repeat({ until: (holds: boolean) => holds, schedule: Schedule.spaced("10 millis") }),
    Effect.timeout("15 seconds")
  )

/** A message bus that starts what `services` names: bus names with the command for each. */
export const make = (services: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    const home = yield* temporaryFolder
    mkdirSync(join(home, "run"), { mode: 0o700 })
    mkdirSync(join(home, "services"))
    for (const [name, command] of Object.entries(services)) {
      writeFileSync(join(home, "services", `${name}.service`), `[D-BUS Service]\nName=${name}\nExec=${command}\n`)
    }
    writeFileSync(join(home, "bus.conf"), config(home, join(home, "services")))
    const address = `unix:path=${home}/bus`
    const environment = { HOME: home, XDG_RUNTIME_DIR: join(home, "run"), DBUS_SESSION_BUS_ADDRESS: address }
    yield* program("dbus-daemon", [`--config-file=${home}/bus.conf`, "--nofork", "--nopidfile"], environment)
    const reachable = Effect.scoped(DBus.open(address)).pipe(Effect.as(true), Effect.orElseSucceed(() => false))
    yield* eventually(reachable)
    return { address, home, environment } satisfies SessionBus
  })

export const hasOwner = (address: string, name: string) =>
  Effect.scoped(
    Effect.flatMap(DBus.open(address), (connection) => Connection.callBus(connection, "NameHasOwner", "s", [name]))
  ).pipe(Effect.map(({ body }) => body[0] === true))
