/**
 * How much product analytics may cost the person's disk and line.
 */
import { Duration } from "effect"

/** Largest event, as UTF-8 JSON. */
export const maxEventBytes = 32 * 1024

/** One request holds at most this many events and bytes of events. */
export const maxBatchEvents = 100
export const maxBatchBytes = 480 * 1024

/**
 * What waits is at most this much for one process, and this old; the oldest goes first. Receivers recognise what was
 * sent twice within a week.
 */
export const maxQueuedEvents = 10_000
export const maxQueuedBytes = 20 * 1024 * 1024
export const maxAge = Duration.days(7)
