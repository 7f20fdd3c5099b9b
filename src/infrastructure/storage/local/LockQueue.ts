/**
 * The line of the processes that wait for a lock: one empty file per waiter, in the order of their names. It decides who
 * tries next and never who holds, so whatever happens to these files costs fairness only: where they cannot be made or
 * read nobody is ahead. No process ids: containers that share the folder do not share those.
 */
import { Clock, Effect } from "effect"
import type { Scope } from "effect"
import { randomUUID } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"

/** A waiter shows that it lives whenever it looks. One that was killed or stopped holds up the others for this long. */
const aliveMillis = 1_000

const digits = 12

/** In order. Anything else in the folder is not ours to judge. */
const ticketsIn = (folder: string): ReadonlyArray<string> =>
  fs.existsSync(folder)
    ? fs.readdirSync(folder).filter((name) => /^\d{12}-/.test(name)).toSorted()
    : []

/** Two that come at once may get the same number; the rest of the name decides between them, the same way for everybody. */
const ticketAt = (place: number): string => `${String(place).padStart(digits, "0")}-${randomUUID()}`

const nextTicket = (folder: string): string => ticketAt(Number.parseInt(ticketsIn(folder).at(-1) ?? "0", 10) + 1)

/** Makes the ticket again when others took its owner for dead. */
const showLife = (ticket: string, now: number) => {
  fs.closeSync(fs.openSync(ticket, "a", 0o600))
  fs.utimesSync(ticket, now / 1000, now / 1000)
}

/** A time in the future counts like one long past: somebody set the clock back. */
const isAlive = (ticket: string, now: number) => {
  const stat = fs.statSync(ticket, { throwIfNoEntry: false })
  return stat !== undefined && Math.abs(now - stat.mtimeMs) <= aliveMillis
}

export interface Place {
  /** How many wait in front. To be asked again and again: who does not is taken for dead, until it asks again. */
  readonly ahead: Effect.Effect<number>
}

const attempt = <A>(run: () => A, otherwise: A) => Effect.orElseSucceed(Effect.try(run), () => otherwise)

/** The line in `folder`, which is made by the first who has to wait. */
export const make = (folder: string) => {
  const look = (ticket: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      attempt(() => {
        showLife(join(folder, ticket), now)
        const before = ticketsIn(folder).filter((other) => other < ticket).map((other) => join(folder, other))
        const dead = before.filter((other) => !isAlive(other, now))
        for (const other of dead) fs.rmSync(other, { force: true })
        return before.length - dead.length
      }, 0))

  const newTicket = Effect.suspend(() =>
    attempt(() => {
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
      return nextTicket(folder)
    }, ticketAt(1))
  )

  /** Stands in line behind everybody who is there, until the scope closes. */
  const enter: Effect.Effect<Place, never, Scope.Scope> = Effect.acquireRelease(
    newTicket,
    (ticket) => attempt(() => fs.rmSync(join(folder, ticket), { force: true }), undefined)
  ).pipe(
    Effect.tap(look),
    Effect.map((ticket) => ({ ahead: look(ticket) }))
  )

  return {
    enter,
    /** Whether nobody waits. */
    isEmpty: attempt(() => ticketsIn(folder).length === 0, true)
  }
}
