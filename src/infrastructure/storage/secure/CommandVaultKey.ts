/**
 * `VaultKey` that a program prints, such as the client of a password manager or of a hardware module.
 */
import { Effect, Option } from "effect"
import type { Duration } from "effect"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { basename } from "node:path"
import { Locked } from "../../../domain/storage/SecretFailure.ts"
import * as InheritedEnvironment from "../../config/env/InheritedEnvironment.ts"
import type { VaultKey } from "./VaultKey.ts"
import * as VaultKeyText from "./VaultKeyText.ts"

export interface Options {
  /** The program and its arguments. No shell reads them; no secret belongs there, for every process sees them. */
  readonly command: readonly [string, ...ReadonlyArray<string>]
  /** The longest wait, whatever the program asks a person included; two minutes when absent. */
  readonly timeout?: Duration.DurationInput
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null

/** A second to give its terminal back, then no more. */
const end = (child: ChildProcess) =>
  Effect.suspend(() => {
    // A program it left running may hold the other end for ever.
    child.stdout?.destroy()
    if (hasEnded(child)) return Effect.void
    child.kill("SIGTERM")
    return Effect.async<void>((resume) => void child.once("exit", () => resume(Effect.void))).pipe(
      Effect.interruptible,
      Effect.timeoutOption("1 second"),
      Effect.tap((exited) => Option.isNone(exited) ? Effect.sync(() => child.kill("SIGKILL")) : Effect.void)
    )
  })

/** For what a program printed before it ended; the end itself does not come when one it started goes on. */
const grace = "250 millis"

/** What a program printed that ended well. `none` for any other program, and for one that prints more than a key. */
const output = (child: ChildProcess) =>
  Effect.async<Option.Option<Buffer>>((resume) => {
    const chunks: Array<Buffer> = []
    let length = 0
    child.stdout?.on("data", (chunk: Buffer) => {
      length += chunk.length
      if (length > VaultKeyText.maxLength) resume(Effect.succeedNone)
      else chunks.push(chunk)
    })
    let isClosed = false
    child.once("close", () => void (isClosed = true))
    const closed = Effect.async<void>((done) => {
      if (isClosed) done(Effect.void)
      else child.once("close", () => done(Effect.void))
    })
    child.once("exit", (code) =>
      resume(
        Effect.map(
          Effect.timeoutOption(closed, grace),
          () => code === 0 ? Option.some(Buffer.concat(chunks)) : Option.none()
        )
      ))
  })

/** Its standard error is nobody's: it could hold what must not be logged. */
const started = ([program, ...args]: Options["command"], fix: string) =>
  Effect.acquireRelease(
    Effect.async<ChildProcess, Locked>((resume) => {
      const child = spawn(program, args, {
        stdio: ["ignore", "pipe", "ignore"],
        env: InheritedEnvironment.withoutSettings(),
        windowsHide: true
      })
      child.once("error", () => resume(new Locked({ fixes: [fix] })))
      child.once("spawn", () => resume(Effect.succeed(child)))
    }),
    end
  )

const run = (command: Options["command"]) =>
  Effect.gen(function*() {
    // Arguments are left out: they may name an account.
    const name = basename(command[0])
    const child = yield* started(command, `install "${name}", or correct the path of the command that prints the key`)
    const key = Option.flatMap(yield* output(child), VaultKeyText.parse)
    if (Option.isSome(key)) return key.value
    return yield* new Locked({ fixes: [`run "${name}" by hand and see why it prints no key`] })
  })

/** The program runs whenever the key is needed: when the vault is first read and when slots are changed. */
export const make = ({ command, timeout = "2 minutes" }: Options): VaultKey => {
  const name = basename(command[0])
  const load = run(command).pipe(
    Effect.timeoutFail({
      duration: timeout,
      onTimeout: () => new Locked({ fixes: [`run "${name}" by hand: it did not end in time`] })
    }),
    Effect.scoped
  )
  return {
    slot: "command",
    load,
    loadForNewVault: load,
    // Whether it would print a key cannot be known without running it, which may ask the person.
    status: Effect.succeed({ detail: name, usable: true, durable: true })
  }
}
