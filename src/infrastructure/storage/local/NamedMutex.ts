/**
 * Mutual exclusion by name between the fibers of this process: first come, first served. A name nobody uses takes no
 * memory.
 */
import { Effect } from "effect"
import type { Scope } from "effect"

interface Turn {
  readonly name: string
  onHeld: () => void
}

export interface NamedMutex {
  /** Waits for `name` and holds it until the scope closes. An interrupted waiter leaves the queue. */
  readonly take: (name: string) => Effect.Effect<void, never, Scope.Scope>
  /** Holds `name` until the scope closes, or is `false` when it is held. */
  readonly tryTake: (name: string) => Effect.Effect<boolean, never, Scope.Scope>
}

export const make: Effect.Effect<NamedMutex> = Effect.sync(() => {
  /** The first of each queue holds the name. */
  const queues = new Map<string, Array<Turn>>()

  const enter = (name: string): Turn => {
    const turn: Turn = { name, onHeld: () => {} }
    const queue = queues.get(name)
    if (queue === undefined) queues.set(name, [turn])
    else queue.push(turn)
    return turn
  }

  const leave = (turn: Turn) => {
    const queue = queues.get(turn.name) ?? []
    const position = queue.indexOf(turn)
    queue.splice(position, 1)
    if (queue.length === 0) queues.delete(turn.name)
    else if (position === 0) queue[0]?.onHeld()
  }

  const held = (turn: Turn) =>
    Effect.async<void>((resume) => {
      if (queues.get(turn.name)?.[0] === turn) resume(Effect.void)
      else turn.onHeld = () => resume(Effect.void)
    })

  // The place in the queue is given back by the scope whatever happens to the waiter, so no interruption can lose it.
  return {
    take: (name) =>
      Effect.acquireRelease(Effect.sync(() => enter(name)), (turn) => Effect.sync(() => leave(turn))).pipe(
        Effect.flatMap(held)
      ),
    tryTake: (name) =>
      Effect.acquireRelease(
        Effect.sync(() => (queues.has(name) ? undefined : enter(name))),
        (turn) => Effect.sync(() => turn === undefined ? undefined : leave(turn))
      ).pipe(Effect.map((turn) => turn !== undefined))
  }
})
