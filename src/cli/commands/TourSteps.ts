/**
 * What each step of the tour does, and what it claims.
 */
import { Chunk, Clock, DateTime, Duration, Effect, Option, Schedule, Stream } from "effect"
import { Analytics } from "../../domain/analytics/Analytics.ts"
import { AnalyticsEvent } from "../../domain/analytics/AnalyticsEvent.ts"
import { AuthRepository } from "../../domain/auth/AuthRepository.ts"
import { Connectivity } from "../../domain/network/Connectivity.ts"
import { Realtime } from "../../domain/network/Realtime.ts"
import { keepInSync } from "../../domain/notes/KeepInSync.ts"
import { NoteDraft, NoteId } from "../../domain/notes/Note.ts"
import { NoteRepository } from "../../domain/notes/NoteRepository.ts"
import { Diagnostics } from "../../domain/operations/Diagnostics.ts"
import { Cache } from "../../domain/storage/Cache.ts"
import { SecureStore } from "../../domain/storage/SecureStore.ts"
import { UserRepository } from "../../domain/user/UserRepository.ts"
import { Application } from "../Application.ts"
import { CommandFailed } from "../CommandFailed.ts"
import { duration } from "../Output.ts"
import { describeImport, importFiles } from "./NotesImport.ts"
import { claim } from "./TourStep.ts"

/** The note every tour writes, so that there is always a change to carry. */
const tourNoteId = NoteId.make("7d0a5f1e-5c1c-8f0e-9c55-000000000001")

/** How long a step waits for something that arrives from elsewhere. */
const patience = Duration.seconds(10)

const late = (what: string) =>
  Effect.timeoutFail({
    duration: patience,
    onTimeout: () =>
      new CommandFailed({ reason: `${what} within ${Duration.format(patience)}`, next: "Run \"strata doctor\"." })
  })

/** Every check of the environment. */
const look = Effect.gen(function*() {
  const diagnostics = yield* Diagnostics
  return Chunk.toReadonlyArray(yield* Stream.runCollect(diagnostics.checks))
})

export const start = Effect.gen(function*() {
  const application = yield* Application
  yield* application.network.restore
  const found = (yield* look).find(({ name }) => name === "backend")
  yield* claim(
    found?.status === "ok",
    `The embedded backend does not answer: ${found?.detail ?? "it was not looked at"}`
  )
  return { detail: found?.detail ?? "" }
})

export const openStores = Effect.gen(function*() {
  const secrets = yield* (yield* SecureStore).list
  const cache = yield* (yield* Cache).stats
  const checks = yield* look
  for (const { detail, name, status } of checks) yield* claim(status !== "failed", `${name}: ${detail}`)
  const passed = checks.filter(({ status }) => status === "ok").length
  return {
    detail:
      `vault ${secrets.length} secrets, cache ${cache.entries} entries; ${passed} of ${checks.length} checks passed`
  }
})

export const signIn = Effect.gen(function*() {
  const account = yield* (yield* Application).account
  if (Option.isNone(account)) {
    return yield* new CommandFailed({
      reason: "No account is configured",
      next: "Set STRATA_USERNAME and STRATA_PASSWORD."
    })
  }
  const auth = yield* AuthRepository
  const user = yield* auth.login(account.value)
  const current = yield* auth.currentUser
  yield* claim(Option.exists(current, ({ id }) => id === user.id), "The session was not kept")
  return { detail: `as ${user.username}` }
})

export const loadProfile = Effect.gen(function*() {
  const users = yield* UserRepository
  yield* (yield* Cache).clear
  const timed = Effect.gen(function*() {
    const before = yield* Clock.currentTimeNanos
    const { data, origin } = yield* Effect.flatten(Stream.runHead(users.profile))
    return { data, origin, took: Duration.nanos((yield* Clock.currentTimeNanos) - before) }
  })
  const first = yield* timed
  const second = yield* timed
  yield* claim(first.origin === "remote", `The first read came from the ${first.origin}, not from the backend`)
  yield* claim(second.origin === "cache", `The second read came from the ${second.origin}, not from the cache`)
  return {
    detail: `${first.data.displayName}: backend in ${duration(first.took)}, then cache in ${duration(second.took)}`
  }
}).pipe(
  Effect.catchTag("NoSuchElementException", () => new CommandFailed({ reason: "There is no profile", next: "" }))
)

/** Signs the second device in and keeps it in sync in the background. */
export const startSecondDevice = Effect.gen(function*() {
  yield* signIn
  const realtime = yield* Realtime
  const connected = realtime.status.pipe(Stream.takeUntil((status) => status === "open"), Stream.runDrain)
  yield* Effect.forkScoped(Stream.runDrain(keepInSync))
  yield* late("No realtime connection")(connected)
  return { detail: "signed in, listening for changes" }
})

export const cutNetwork = Effect.gen(function*() {
  const application = yield* Application
  const notes = yield* NoteRepository
  yield* application.network.cut
  const attempt = yield* Effect.either(notes.sync)
  yield* claim(
    attempt._tag === "Left" && (attempt.left._tag === "Offline" || attempt.left._tag === "Unavailable"),
    "The backend still answers although the network is cut"
  )
  return { detail: "every connection to the backend is refused" }
})

export const importOffline = (files: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const notes = yield* NoteRepository
    yield* claim(files.length > 0, "No Markdown files found")
    const report = yield* importFiles(files)
    const at = DateTime.formatIso(DateTime.unsafeMake(yield* Clock.currentTimeMillis))
    const written = yield* notes.save(
      new NoteDraft({ id: tourNoteId, title: "Strata tour", text: `Last tour with ${files.length} files: ${at}` })
    )
    const [first] = report.unusable
    if (first !== undefined) return yield* new CommandFailed({ reason: first.message, next: "Leave this file out." })
    const snapshot = yield* Effect.flatten(Stream.runHead(notes.all))
    yield* claim(snapshot.pending > 0, "Nothing waits to be sent although notes were written offline")
    return {
      detail: `${files.length} Markdown files: ${describeImport(report)}; ${snapshot.pending} changes wait`,
      pending: snapshot.pending,
      written
    }
  }).pipe(
    Effect.catchTag("NoSuchElementException", () => new CommandFailed({ reason: "There are no notes", next: "" }))
  )

export const sync = (pending: number) =>
  Effect.gen(function*() {
    const application = yield* Application
    const notes = yield* NoteRepository
    const { state } = yield* Connectivity
    yield* application.network.restore
    yield* Effect.repeat(state, { until: (now) => now === "online", schedule: Schedule.spaced("100 millis") }).pipe(
      late("The device does not notice that the network is back")
    )
    const report = yield* notes.sync
    const waiting = yield* Stream.runHead(notes.all)
    yield* claim(
      Option.exists(waiting, (snapshot) => snapshot.pending === 0),
      "Changes still wait after the sync"
    )
    yield* claim(report.rejected === 0, `The backend refused ${report.rejected} changes`)
    // Not a number of its own: after a tour that was broken off, one waiting note may be two changes.
    yield* claim(report.pushed > 0, `${report.pushed} changes were sent where ${pending} waited`)
    return { detail: `reconnected; ${report.pushed} changes sent, ${report.pulled} received` }
  })

/** On the second device: waits until it has what the first one wrote. */
export const receive = (text: string) =>
  Effect.gen(function*() {
    const notes = yield* NoteRepository
    const arrived = notes.one(tourNoteId).pipe(
      Stream.filter(({ data }) => Option.exists(data, (note) => note.text === text)),
      Stream.runHead
    )
    yield* late("The change did not arrive")(arrived)
    const all = yield* Stream.runHead(notes.all)
    const count = Option.match(all, { onNone: () => 0, onSome: ({ data }) => data.length })
    return { detail: `has the change; ${count} notes there` }
  })

export const flushAnalytics = (files: number) =>
  Effect.gen(function*() {
    const analytics = yield* Analytics
    const before = yield* analytics.consent
    yield* analytics.setConsent("granted")
    yield* analytics.track(new AnalyticsEvent({ name: "tour_finished", properties: { files } }))
    const report = yield* analytics.flush(patience).pipe(
      Effect.ensuring(before === "granted" ? Effect.void : Effect.ignore(analytics.setConsent(before)))
    )
    yield* claim(report.sent > 0 && report.pending === 0, `${report.pending} events could not be sent`)
    return {
      detail: `${report.sent} events sent, with ${
        before === "granted" ? "the consent given before" : "consent for this run only"
      }`
    }
  })
