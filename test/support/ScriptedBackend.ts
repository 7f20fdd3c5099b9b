/**
 * A backend behind `ApiClient` and `PlainApiClient` that does what the wire contract says and loses what a test tells
 * it to lose. The embedded backend itself is met in the tests of the environments.
 */
import { Clock, DateTime, Effect, Layer, Option, Redacted } from "effect"
import { randomUUID } from "node:crypto"
import { User, UserId } from "../../src/domain/auth/User.ts"
import type { RemoteFailure } from "../../src/domain/network/RemoteFailure.ts"
import { OutcomeUnknown, Unauthenticated, Unavailable } from "../../src/domain/network/RemoteFailure.ts"
import type { NoteId } from "../../src/domain/notes/Note.ts"
import { Profile } from "../../src/domain/user/Profile.ts"
import { AccessTokens } from "../../src/infrastructure/network/api/AccessTokens.ts"
import { ApiClient } from "../../src/infrastructure/network/api/ApiClient.ts"
import type { Mutation, MutationResult, RemoteNote } from "../../src/infrastructure/network/api/contract/NotesApi.ts"
import { PlainApiClient } from "../../src/infrastructure/network/api/PlainApiClient.ts"
import type { StrataClient } from "../../src/infrastructure/network/api/StrataClient.ts"
import { passwords } from "../../src/testing/contract/AuthRepositoryContract.ts"

/** What becomes of one call; a script that has run out means `ok`. */
export type Fate = "ok" | "request lost" | "answer lost" | RemoteFailure

export const users = {
  ada: new User({ id: UserId.make("user-ada"), username: "ada" }),
  grace: new User({ id: UserId.make("user-grace"), username: "grace" })
}

interface Stored extends RemoteNote {
  readonly sequence: number
}

interface Session {
  readonly user: User
  current: string
  readonly spent: Set<string>
}

interface Call<Payload> {
  readonly payload: Payload
}

export class ScriptedBackend {
  /** Fates of the next calls, first to last, by endpoint such as `notes.mutate`. */
  readonly script: Array<Fate> = []
  readonly calls: Array<string> = []
  expiresIn = 3600
  readonly sessions: Array<Session> = []
  readonly notes = new Map<UserId, Map<NoteId, Stored>>()
  readonly seen = new Map<string, MutationResult>()
  /** Titles the backend refuses. */
  readonly refusedTitles = new Set<string>()
  epoch = 1
  /** Breaks the contract: what a change was made on is not looked at. */
  lastWriterWins = false
  pageSize = 100
  /** Runs inside each call, before its answer. */
  during: Effect.Effect<void> = Effect.void

  private answer<A, E>(name: string, work: Effect.Effect<A, E>): Effect.Effect<A, E | RemoteFailure> {
    return Effect.gen(this, function*() {
      this.calls.push(name)
      const fate = this.script.shift() ?? "ok"
      if (fate === "request lost") return yield* new Unavailable({})
      if (fate !== "ok" && fate !== "answer lost") return yield* fate
      const answer = yield* work
      yield* this.during
      return fate === "ok" ? answer : yield* new OutcomeUnknown()
    })
  }

  private tokens(session: Session) {
    session.current = randomUUID()
    return {
      accessToken: Redacted.make(randomUUID()),
      refreshToken: Redacted.make(session.current),
      expiresIn: this.expiresIn
    }
  }

  private end(session: Session) {
    this.sessions.splice(this.sessions.indexOf(session), 1)
  }

  private readonly sessionsApi = {
    create: ({ payload }: Call<{ readonly username: "ada" | "grace"; readonly password: Redacted.Redacted<string> }>) =>
      this.answer(
        "sessions.create",
        Effect.suspend(() => {
          if (passwords[payload.username] !== Redacted.value(payload.password)) return new Unauthenticated()
          const session: Session = { user: users[payload.username], current: "", spent: new Set() }
          this.sessions.push(session)
          return Effect.succeed({ user: session.user, tokens: this.tokens(session) })
        })
      ),
    refresh: ({ payload }: Call<{ readonly refreshToken: Redacted.Redacted<string> }>) =>
      this.answer(
        "sessions.refresh",
        Effect.suspend(() => {
          const token = Redacted.value(payload.refreshToken)
          const session = this.sessions.find((each) => each.current === token || each.spent.has(token))
          if (session === undefined) return new Unauthenticated()
          if (session.spent.has(token)) {
            this.end(session)
            return new Unauthenticated()
          }
          session.spent.add(token)
          return Effect.succeed(this.tokens(session))
        })
      ),
    revoke: ({ payload }: Call<{ readonly refreshToken: Redacted.Redacted<string> }>) =>
      this.answer(
        "sessions.revoke",
        Effect.sync(() => {
          const token = Redacted.value(payload.refreshToken)
          const session = this.sessions.find((each) => each.current === token || each.spent.has(token))
          if (session !== undefined) this.end(session)
        })
      )
  }

  private mutation(held: Map<NoteId, Stored>, mutation: Mutation, now: number): MutationResult {
    const { baseVersion, mutationId, noteId } = mutation
    const known = this.seen.get(mutationId)
    if (known !== undefined) return known
    const current = held.get(noteId)
    if (mutation._tag === "Put" && this.refusedTitles.has(mutation.title)) {
      return { _tag: "Rejected", mutationId, reason: "refused" }
    }
    const outdated = current !== undefined && baseVersion < current.version
    if (outdated && !this.lastWriterWins) return { _tag: "Conflict", mutationId, current }
    const content = mutation._tag === "Put" ? { title: mutation.title, text: mutation.text } : null
    const sequence = 1 + Math.max(0, ...Array.from(held.values(), (note) => note.sequence))
    const version = Math.max(baseVersion, current?.version ?? 0) + 1
    held.set(noteId, { noteId, version, updatedAt: DateTime.unsafeMake(now), content, sequence })
    const result: MutationResult = { _tag: "Applied", mutationId, version }
    this.seen.set(mutationId, result)
    return result
  }

  private heldBy(principal: UserId) {
    const held = this.notes.get(principal) ?? new Map<NoteId, Stored>()
    this.notes.set(principal, held)
    return held
  }

  private notesApi = (principal: UserId) => ({
    mutate: ({ payload }: Call<{ readonly mutations: ReadonlyArray<Mutation> }>) =>
      this.answer(
        "notes.mutate",
        Effect.map(Clock.currentTimeMillis, (now) => {
          const held = this.heldBy(principal)
          return { results: payload.mutations.map((mutation) => this.mutation(held, mutation, now)) }
        })
      ),
    changes: ({ urlParams: { cursor } }: { readonly urlParams: { readonly cursor?: string } }) =>
      this.answer(
        "notes.changes",
        Effect.sync(() => {
          const [epoch, after] = (cursor ?? `${this.epoch}.0`).split(".").map(Number)
          const reset = epoch !== this.epoch
          const rest = Array.from(this.heldBy(principal).values())
            .filter(({ sequence }) => sequence > (reset ? 0 : (after ?? 0)))
            .toSorted((left, right) => left.sequence - right.sequence)
          const changes = rest.slice(0, this.pageSize)
          const last = changes.at(-1)?.sequence ?? (reset ? 0 : after)
          return { changes, cursor: `${this.epoch}.${last}`, more: rest.length > changes.length, reset }
        })
      )
  })

  private profileApi = (principal: UserId) => ({
    get: () =>
      this.answer(
        "profile.get",
        Effect.sync(() => {
          const username = principal.slice("user-".length)
          return new Profile({ id: principal, username, displayName: username })
        })
      )
  })

  private client(principal: UserId | undefined): StrataClient {
    const api = principal === undefined
      ? { sessions: this.sessionsApi }
      : { notes: this.notesApi(principal), profile: this.profileApi(principal) }
    return api as unknown as StrataClient
  }

  /** The scripted endpoints fail with nothing but `RemoteFailure`. */
  private run<A, E>(request: (client: StrataClient) => Effect.Effect<A, E>, principal?: UserId) {
    return request(this.client(principal)) as unknown as Effect.Effect<A, RemoteFailure>
  }

  readonly plainApiClient: Layer.Layer<PlainApiClient> = Layer.succeed(PlainApiClient, {
    call: (request) => this.run(request)
  })

  readonly apiClient: Layer.Layer<ApiClient, never, AccessTokens> = Layer.effect(
    ApiClient,
    Effect.map(AccessTokens, (tokens) =>
      ApiClient.of({
        call: (request) =>
          Effect.gen(this, function*() {
            yield* tokens.credentials({ method: "POST", url: "https://api.example.com" })
            const principal = yield* tokens.principal
            return yield* this.run(request, Option.getOrThrow(principal))
          }),
        http: undefined as never
      }))
  )
}

/** The accounts of `passwords`, for adapters that keep them themselves. */
export const accounts = [
  { user: users.ada, password: Redacted.make(passwords.ada) },
  { user: users.grace, password: Redacted.make(passwords.grace) }
]
