/**
 * How a sealed stream shows that it is not what was sealed. That its first segment does not open is `DecryptionFailed`:
 * another key, other associated data and a changed byte look the same there. Whoever sees one of these has to treat
 * everything read before as void.
 */
import { Schema } from "effect"

/** The stream ends before its last segment does. */
export class StreamTruncated extends Schema.TaggedError<StreamTruncated>()("StreamTruncated", {}) {
  override get message() {
    return "The sealed stream ends too early"
  }
}

/** Segment `index` (from 0) was changed, moved, or cut in its middle, which looks the same. */
export class SegmentTampered extends Schema.TaggedError<SegmentTampered>()("SegmentTampered", {
  index: Schema.Int
}) {
  override get message() {
    return `Segment ${this.index} of the sealed stream is not what was sealed`
  }
}

/** The stream goes on after its last segment. */
export class TrailingData extends Schema.TaggedError<TrailingData>()("TrailingData", {}) {
  override get message() {
    return "The sealed stream goes on after its end"
  }
}

export type StreamFailure = StreamTruncated | SegmentTampered | TrailingData

/** More than 2^32 segments: the next one would use a nonce a second time. */
export class StreamTooLong extends Schema.TaggedError<StreamTooLong>()("StreamTooLong", {}) {
  override get message() {
    return "The stream is too long to be sealed under one header"
  }
}
