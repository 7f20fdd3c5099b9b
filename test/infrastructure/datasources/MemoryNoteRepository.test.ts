import { Effect, Layer } from "effect"
import { AuthRepository } from "../../../src/domain/auth/AuthRepository.ts"
import { NoteRepository } from "../../../src/domain/notes/NoteRepository.ts"
import * as MemoryNoteRepository from "../../../src/infrastructure/datasources/MemoryNoteRepository.ts"
import * as MemoryAuthRepository from "../../../src/infrastructure/services/auth/MemoryAuthRepository.ts"
import { loginRequest } from "../../../src/testing/contract/AuthRepositoryContract.ts"
import * as NoteRepositoryContract from "../../../src/testing/contract/NoteRepositoryContract.ts"
import * as NoteSyncContract from "../../../src/testing/contract/NoteSyncContract.ts"
import { suite } from "../../../src/testing/vitest.ts"
import { accounts } from "../../support/ScriptedBackend.ts"

const device = (remote: MemoryNoteRepository.Remote) =>
  Layer.provideMerge(MemoryNoteRepository.layer({ remote }), MemoryAuthRepository.layer({ accounts }))

const otherDevice = (remote: MemoryNoteRepository.Remote) =>
  Layer.effect(
    NoteSyncContract.OtherDevice,
    Effect.gen(function*() {
      const auth = yield* AuthRepository
      yield* Effect.orDie(auth.login(loginRequest("ada")))
      return yield* NoteRepository
    })
  ).pipe(Layer.provide(Layer.fresh(device(remote))))

suite(NoteRepositoryContract.contract, "memory", Layer.suspend(() => device(MemoryNoteRepository.makeRemote())))

suite(
  NoteSyncContract.contract,
  "memory",
  Layer.suspend(() => {
    const remote = MemoryNoteRepository.makeRemote()
    return Layer.merge(device(remote), otherDevice(remote))
  })
)
