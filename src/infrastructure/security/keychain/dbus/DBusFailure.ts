/**
 * How talking to a message bus fails. None holds text of the peer but error names, which have a grammar.
 */
import { Data } from "effect"

/** No bus could be connected to: no address, nobody listening, or it refused us. `code` is a bounded word. */
export class DBusUnreachable extends Data.TaggedError("DBusUnreachable")<{ readonly code: string }> {}

/** The connection ended before the answer; whether the call was carried out is not known. */
export class DBusDisconnected extends Data.TaggedError("DBusDisconnected")<{ readonly code: string }> {}

/** The peer, or the bus in its place, answered with an error of this name. */
export class DBusError extends Data.TaggedError("DBusError")<{ readonly name: string }> {}

/** Bytes or values that the protocol does not allow, from the peer or from our caller. */
export class DBusMalformed extends Data.TaggedError("DBusMalformed")<{ readonly what: string }> {}

/** More calls, or more bytes, are waiting than this client keeps. Nothing was sent. */
export class DBusOverloaded extends Data.TaggedError("DBusOverloaded")<{ readonly what: "calls" | "bytes" }> {}

const classes = [DBusUnreachable, DBusDisconnected, DBusError, DBusMalformed, DBusOverloaded] as const

export type DBusFailure = InstanceType<(typeof classes)[number]>

export const isDBusFailure = (failure: unknown): failure is DBusFailure =>
  classes.some((each) => failure instanceof each)
