import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Duration, Effect, Exit, Layer, Redacted, Stream } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Application } from "../../../src/cli/Application.ts"
import * as Tour from "../../../src/cli/commands/Tour.ts"
import * as NoteFile from "../../../src/cli/NoteFile.ts"
import { StandardStreams } from "../../../src/cli/StandardStreams.ts"
import { Analytics } from "../../../src/domain/analytics/Analytics.ts"
import { InvalidCredentials } from "../../../src/domain/auth/AuthFailure.ts"
import { AuthRepository } from "../../../src/domain/auth/AuthRepository.ts"
import { UserId } from "../../../src/domain/auth/User.ts"
import { Offline, Unavailable } from "../../../src/domain/network/RemoteFailure.ts"
import { NoteRepository } from "../../../src/domain/notes/NoteRepository.ts"
import { Diagnostics } from "../../../src/domain/operations/Diagnostics.ts"
import { Maintenance } from "../../../src/domain/operations/Maintenance.ts"
import type { Ports } from "../../../src/domain/Ports.ts"
import { Locked } from "../../../src/domain/storage/SecretFailure.ts"
import { SecureStore } from "../../../src/domain/storage/SecureStore.ts"
import { Full } from "../../../src/domain/storage/StorageFailure.ts"
import { Profile } from "../../../src/domain/user/Profile.ts"
import { UserRepository } from "../../../src/domain/user/UserRepository.ts"
import { advanceUntil } from "../../support/advanceUntil.ts"
import { temporaryFolder } from "../../support/temporaryFolder.ts"
import * as TestApplication from "../../support/testApplication.ts"
import { slot, status } from "../support/secretStoreStatus.ts"

const tour = (change: (application: typeof Application.Service) => typeof Application.Service = (same) => same) =>
  Effect.gen(function*() {
    const { application, console, out } = yield* TestApplication.make
    const chosen = change(application)
    const folder = yield* temporaryFolder
    for (const name of ["a.md", "b.md", "c.md"]) writeFileSync(join(folder, name), `# Note ${name}\n\nText of ${name}`)
    const files = yield* NoteFile.find([folder])
    const fiber = yield* Tour.run(files).pipe(
      Effect.provide(chosen.environment),
      Effect.provideService(Application, chosen),
      Effect.withConsole(console),
      Effect.exit,
      Effect.fork
    )
    const exit = yield* advanceUntil(fiber)
    return { exit, files, out: out.join("") }
  }).pipe(Effect.provide(NodeContext.layer))

/** The layer with some members of a port replaced. */
const replacing = <Id extends Ports, Service extends object, E>(
  layer: Layer.Layer<Ports, E>,
  tag: Context.Tag<Id, Service>,
  members: Partial<Service>
): Layer.Layer<Ports, E> =>
  Layer.map(layer, (context) => Context.add(context, tag, { ...Context.unsafeGet(context, tag), ...members }))

const broken = <Id extends Ports, Service extends object>(tag: Context.Tag<Id, Service>, members: Partial<Service>) =>
  tour((application) => ({ ...application, environment: replacing(application.environment, tag, members) }))

describe("the main job", () => {
  it.scoped("runs whole in memory and in virtual time, two devices syncing", () =>
    Effect.gen(function*() {
      const { exit, files, out } = yield* tour()
      assert.isTrue(Exit.isSuccess(exit), out + (Exit.isFailure(exit) ? Cause.pretty(exit.cause) : ""))
      for (
        const step of [
          "backend",
          "stores",
          "sign in",
          "profile",
          "cut network",
          "import",
          "sync",
          "second device",
          "analytics"
        ]
      ) {
        assert.include(out, `✔ ${step}`)
      }
      assert.include(out, `${files.length} added`)
      assert.include(out, `has the change; ${files.length + 1} notes there`)
      assert.include(out, "strata.command")
      assert.notInclude(out, "✖")
    }))

  it.scoped("says that the network was not cut", () =>
    Effect.gen(function*() {
      const uncut = { cut: Effect.void, restore: Effect.void }
      const { exit, out } = yield* tour((application) => ({ ...application, network: uncut }))
      assert.isTrue(Exit.isFailure(exit))
      assert.include(out, "✖ cut network")
      assert.include(out, "The backend still answers although the network is cut")
      assert.notInclude(out, "✔ import")
    }))

  it.scoped("asks for the passphrase of a locked store and goes on", () =>
    Effect.gen(function*() {
      const questions: Array<string> = []
      let isOpen = false
      const locked = (application: typeof Application.Service) => ({
        ...application,
        environment: Layer.map(application.environment, (context) => {
          const secrets = Context.get(context, SecureStore)
          const list = Effect.suspend(() => isOpen ? secrets.list : new Locked({ fixes: [] }))
          const unlock = () => Effect.sync(() => void (isOpen = true))
          const maintenance = Effect.succeed(status({ locked: true, keySources: [], slots: [slot(1, "passphrase")] }))
          return context.pipe(
            Context.add(SecureStore, { ...secrets, list }),
            Context.add(Maintenance, { ...Context.get(context, Maintenance), status: maintenance, unlock })
          )
        })
      })
      const { exit, out } = yield* Effect.provideService(tour(locked), StandardStreams, {
        hasPerson: Effect.succeed(true),
        isTyped: Effect.succeed(true),
        read: Effect.succeed(""),
        isShown: Effect.succeed(true),
        write: () => Effect.succeed(true),
        askSecret: (question) =>
          Effect.sync(() => {
            questions.push(question)
            return Redacted.make("correct horse")
          }),
        confirm: () => Effect.succeed(true)
      })
      assert.isTrue(Exit.isSuccess(exit), out)
      assert.deepStrictEqual(questions, ["Passphrase of the secret store"])
      assert.notInclude(out, "✖")
    }))

  const full = new Full({ store: "database", operation: "write" })
  const steps = [
    ["stores", broken(SecureStore, { list: Effect.fail(new Locked({ fixes: [] })) })],
    ["sign in", broken(AuthRepository, { login: () => new InvalidCredentials() })],
    ["profile", broken(UserRepository, { profile: Stream.fail(new Unavailable({})) })],
    ["import", broken(NoteRepository, { save: () => full })],
    ["backend", broken(Diagnostics, { checks: Stream.empty })],
    ["sync", broken(NoteRepository, { sync: Effect.fail(new Offline()) })],
    [
      "second device",
      tour((application) => ({
        ...application,
        device: (name) => replacing(application.device(name), AuthRepository, { login: () => new InvalidCredentials() })
      }))
    ],
    ["analytics", broken(Analytics, { setConsent: () => full })]
  ] as const

  for (const [step, run] of steps) {
    it.scoped(`fails at the step "${step}" when its port fails`, () =>
      Effect.gen(function*() {
        const { exit, out } = yield* run
        assert.isTrue(Exit.isFailure(exit))
        assert.include(out, `✖ ${step}`)
      }))
  }

  it.scoped("fails at the step \"profile\" when the second read is no hit", () =>
    Effect.gen(function*() {
      const data = new Profile({ id: UserId.make("1"), username: "ada", displayName: "Ada" })
      const uncached = Stream.succeed({ data, origin: "remote" as const, age: Duration.zero, pending: 0 })
      const { exit, out } = yield* broken(UserRepository, { profile: uncached })
      assert.isTrue(Exit.isFailure(exit))
      assert.include(out, "✖ profile")
      assert.include(out, "not from the cache")
    }))

  it.scoped("fails at the step \"second device\" when the change does not arrive there", () =>
    Effect.gen(function*() {
      const { exit, out } = yield* tour((application) => ({
        ...application,
        device: (name) => replacing(application.device(name), NoteRepository, { sync: new Unavailable({}) })
      }))
      assert.isTrue(Exit.isFailure(exit))
      assert.include(out, "✔ sync")
      assert.include(out, "✖ second device")
    }))
})
