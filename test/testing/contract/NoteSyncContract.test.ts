import { Effect, Layer, Stream } from "effect"
import { AuthRepository } from "../../../src/domain/auth/AuthRepository.ts"
import { Unavailable } from "../../../src/domain/network/RemoteFailure.ts"
import { NoteRepository } from "../../../src/domain/notes/NoteRepository.ts"
import * as MemoryNoteRepository from "../../../src/infrastructure/datasources/MemoryNoteRepository.ts"
import * as MemoryAuthRepository from "../../../src/infrastructure/services/auth/MemoryAuthRepository.ts"
import { loginRequest } from "../../../src/testing/contract/AuthRepositoryContract.ts"
import * as NoteSyncContract from "../../../src/testing/contract/NoteSyncContract.ts"
import { bites } from "../../../src/testing/vitest.ts"
import { accounts } from "../../support/ScriptedBackend.ts"

type Service = typeof NoteRepository.Service

const device = (
  remote: MemoryNoteRepository.Remote,
  change: (notes: Service, remote: MemoryNoteRepository.Remote) => Partial<Service>
) =>
  Layer.effect(
    NoteRepository,
    Effect.map(MemoryNoteRepository.make({ remote }), (notes) => ({ ...notes, ...change(notes, remote) }))
  ).pipe(Layer.provideMerge(MemoryAuthRepository.layer({ accounts })), Layer.fresh)

const otherDevice = (notes: typeof device, remote: MemoryNoteRepository.Remote) =>
  Layer.effect(
    NoteSyncContract.OtherDevice,
    Effect.gen(function*() {
      const auth = yield* AuthRepository
      yield* Effect.orDie(auth.login(loginRequest("ada")))
      return yield* NoteRepository
    })
  ).pipe(Layer.provide(notes(remote, () => ({}))))

const broken = (change: (notes: Service, remote: MemoryNoteRepository.Remote) => Partial<Service>) =>
  Layer.suspend(() => {
    const remote = MemoryNoteRepository.makeRemote()
    return Layer.merge(device(remote, change), otherDevice(device, remote))
  })

/** Makes every change look as if it had been made on what the backend holds now. */
const forgetVersions = (remote: MemoryNoteRepository.Remote) => {
  for (const notes of remote.values()) {
    for (const [id, note] of notes) notes.set(id, { ...note, version: 0 })
  }
}

bites(
  NoteSyncContract.contract,
  "lets the last writer win",
  broken((notes, remote) => ({
    sync: Effect.suspend(() => {
      forgetVersions(remote)
      return notes.sync
    })
  }))
)

bites(
  NoteSyncContract.contract,
  "throws conflicting text away",
  broken((notes) => ({
    sync: Effect.gen(function*() {
      const report = yield* notes.sync
      const shown = yield* Effect.orDie(Effect.flatten(Stream.runHead(notes.all)))
      const copies = shown.data.filter(({ title }) => title.endsWith("copy)"))
      yield* Effect.forEach(copies, ({ id }) => Effect.ignore(notes.remove(id)))
      return report
    })
  }))
)

bites(
  NoteSyncContract.contract,
  "stops at the first conflict",
  broken((notes) => ({
    sync: Effect.flatMap(notes.sync, (report) => report.conflicts > 0 ? new Unavailable({}) : Effect.succeed(report))
  }))
)

bites(
  NoteSyncContract.contract,
  "never brings a removal to the other device",
  broken(() => ({ remove: () => Effect.void }))
)
