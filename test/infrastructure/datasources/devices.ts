/** Devices of one account over SQLite in memory, at one scripted backend. */
import { Effect, Layer } from "effect"
import { AuthRepository } from "../../../src/domain/auth/AuthRepository.ts"
import { NoteRepository } from "../../../src/domain/notes/NoteRepository.ts"
import { liveTables, notesMigration } from "../../../src/infrastructure/datasources/local/NotesMigration.ts"
import * as SyncedNoteRepository from "../../../src/infrastructure/datasources/SyncedNoteRepository.ts"
import * as MemoryCrypto from "../../../src/infrastructure/security/encryption/MemoryCrypto.ts"
import * as MemoryAccessTokens from "../../../src/infrastructure/services/auth/MemoryAccessTokens.ts"
import * as MemoryAuthRepository from "../../../src/infrastructure/services/auth/MemoryAuthRepository.ts"
import * as MemoryProcessLock from "../../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import * as SqliteLocalDatabase from "../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import { loginRequest } from "../../../src/testing/contract/AuthRepositoryContract.ts"
import { accounts, ScriptedBackend } from "../../support/ScriptedBackend.ts"

export const database = (filename: string) =>
  SqliteLocalDatabase.layer({ filename, migrations: [notesMigration], live: liveTables })

/** Everything below the repository. */
export const machine = (backend: ScriptedBackend, local = database(":memory:")) =>
  backend.apiClient.pipe(
    Layer.provideMerge(MemoryAccessTokens.layer),
    Layer.provideMerge(Layer.mergeAll(
      MemoryAuthRepository.layer({ accounts }),
      MemoryProcessLock.layer,
      MemoryCrypto.layer,
      local
    ))
  )

/** A device whose parts are there to look into; a fresh one at every build. */
export const device = (backend: ScriptedBackend) =>
  Layer.fresh(Layer.provideMerge(SyncedNoteRepository.layer, machine(backend)))

/** Another device that is signed in as `ada`. */
export const signedInDevice = (backend: ScriptedBackend) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(device(backend))
    return yield* Effect.provide(
      Effect.gen(function*() {
        const auth = yield* AuthRepository
        yield* auth.login(loginRequest("ada"))
        return yield* NoteRepository
      }),
      context
    )
  })

/** One device, signed in as `ada`. */
export const signedIn = <A, E, R>(
  body: (
    notes: typeof NoteRepository.Service,
    backend: ScriptedBackend
  ) => Effect.Effect<A, E, R>
) =>
  Effect.suspend(() => {
    const backend = new ScriptedBackend()
    return Effect.gen(function*() {
      const auth = yield* AuthRepository
      yield* auth.login(loginRequest("ada"))
      return yield* body(yield* NoteRepository, backend)
    }).pipe(Effect.provide(device(backend)))
  })
