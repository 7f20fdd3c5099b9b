import { Duration, Effect, Layer, Option, Stream } from "effect"
import { AuthRepository } from "../../../src/domain/auth/AuthRepository.ts"
import { User, UserId } from "../../../src/domain/auth/User.ts"
import { NoteRepository } from "../../../src/domain/notes/NoteRepository.ts"
import * as MemoryNoteRepository from "../../../src/infrastructure/datasources/MemoryNoteRepository.ts"
import * as MemoryAuthRepository from "../../../src/infrastructure/services/auth/MemoryAuthRepository.ts"
import * as NoteRepositoryContract from "../../../src/testing/contract/NoteRepositoryContract.ts"
import { bites } from "../../../src/testing/vitest.ts"
import { accounts } from "../../support/ScriptedBackend.ts"

type Service = typeof NoteRepository.Service

const broken = (change: (notes: Service) => Partial<Service>) =>
  Layer.effect(
    NoteRepository,
    Effect.map(MemoryNoteRepository.make(), (notes) => ({ ...notes, ...change(notes) }))
  ).pipe(Layer.provideMerge(MemoryAuthRepository.layer({ accounts })))

bites(
  NoteRepositoryContract.contract,
  "trims text",
  broken((notes) => ({ save: (draft) => notes.save({ ...draft, text: draft.text.trim() }) }))
)

bites(
  NoteRepositoryContract.contract,
  "touches what is saved unchanged",
  broken((notes) => ({
    save: (draft) => Effect.zipRight(notes.save({ ...draft, text: `${draft.text}.` }), notes.save(draft))
  }))
)

bites(
  NoteRepositoryContract.contract,
  "shows changes only to who asks again",
  broken((notes) => ({ all: Stream.take(notes.all, 1) }))
)

bites(
  NoteRepositoryContract.contract,
  "shows one note again whenever any note changed",
  broken((notes) => ({
    one: (id) =>
      Stream.map(notes.all, ({ data, ...rest }) => ({
        ...rest,
        data: Option.fromNullable(data.find((note) => note.id === id))
      }))
  }))
)

bites(
  NoteRepositoryContract.contract,
  "does not mind removing nothing",
  broken((notes) => ({ remove: (id) => Effect.catchTag(notes.remove(id), "NoteNotFound", () => Effect.void) }))
)

bites(
  NoteRepositoryContract.contract,
  "hides what is not synced",
  broken((notes) => ({
    all: Stream.map(notes.all, (snapshot) => ({ ...snapshot, data: snapshot.data.filter(({ synced }) => synced) }))
  }))
)

bites(
  NoteRepositoryContract.contract,
  "does not sort",
  broken((notes) => ({
    all: Stream.map(notes.all, (snapshot) => ({ ...snapshot, data: snapshot.data.toReversed() }))
  }))
)

bites(
  NoteRepositoryContract.contract,
  "is always of this moment",
  broken((notes) => ({ all: Stream.map(notes.all, (snapshot) => ({ ...snapshot, age: Duration.zero })) }))
)

bites(
  NoteRepositoryContract.contract,
  "mixes accounts",
  Layer.effect(
    NoteRepository,
    Effect.gen(function*() {
      const auth = yield* AuthRepository
      const shared = new User({ id: UserId.make("shared"), username: "shared" })
      const mixed = { ...auth, currentUser: Effect.map(auth.currentUser, Option.map(() => shared)) }
      return yield* Effect.provideService(MemoryNoteRepository.make(), AuthRepository, mixed)
    })
  ).pipe(Layer.provideMerge(MemoryAuthRepository.layer({ accounts })))
)
