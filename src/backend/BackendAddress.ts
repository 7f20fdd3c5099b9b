/**
 * Where the running backend listens.
 */
import { Context, Schema } from "effect"
import type { Option } from "effect"

/** The port cannot be listened on; `code` is the operating system's (`EADDRINUSE`, `EACCES`). */
export class CannotListen extends Schema.TaggedError<CannotListen>()("CannotListen", {
  port: Schema.Number,
  code: Schema.String
}) {
  override get message() {
    return `The backend cannot listen on 127.0.0.1:${this.port} (${this.code})`
  }
}

export class BackendAddress extends Context.Tag("effect-strata/backend/BackendAddress")<
  BackendAddress,
  {
    /** Scheme, host and port, such as `http://127.0.0.1:49152`. */
    readonly url: string

    /** The process that runs it. */
    readonly pid: number

    /** Where faults are switched over HTTP; it stays reachable while connections to the backend are cut. */
    readonly faultsUrl: Option.Option<string>
  }
>() {}
