/**
 * A scheduler under which a fiber makes way once, after so many operations: for what must not be seen half done.
 */
import { Scheduler } from "effect"

export const after = (operations: number): Scheduler.Scheduler => {
  let count = 0
  return {
    scheduleTask: (task, priority, fiber) => Scheduler.defaultScheduler.scheduleTask(task, priority, fiber),
    shouldYield: () => ++count === operations ? 0 : false
  }
}
