/**
 * Reads an event stream (WHATWG HTML, section 9.2.6) piece by piece, wherever it is cut.
 */

export interface SseEvent {
  /** The last `id` of the stream so far; empty when there was none. */
  readonly id: string
  readonly type: string
  readonly data: string
}

/** An event with more characters of data is delivered without them. */
export const maxDataLength = 1_048_576

/** Keeps what is incomplete between calls. What is incomplete at the end of the stream is not an event. */
export const make = () => {
  let line = ""
  let lineDropped = false
  let afterCarriageReturn = false
  let atStart = true
  let id = ""
  let type = ""
  let data: Array<string> = []
  let length = 0
  let oversized = false

  const field = (name: string, value: string) => {
    if (name === "data") {
      length += value.length + 1
      if (length > maxDataLength) oversized = true
      else data.push(value)
    } else if (name === "event") type = value
    else if (name === "id" && !value.includes("\u0000")) id = value
  }

  const endOfLine = (events: Array<SseEvent>) => {
    const text = line
    line = ""
    if (lineDropped) {
      lineDropped = false
      oversized = true
      return
    }
    if (text === "") {
      if (data.length > 0 || oversized) {
        events.push({ id, type: type === "" ? "message" : type, data: oversized ? "" : data.join("\n") })
      }
      type = ""
      data = []
      length = 0
      oversized = false
      return
    }
    const colon = text.indexOf(":")
    if (colon === 0) return
    if (colon === -1) field(text, "")
    else field(text.slice(0, colon), text.slice(text[colon + 1] === " " ? colon + 2 : colon + 1))
  }

  const append = (text: string) => {
    if (line.length + text.length > maxDataLength + 64) {
      lineDropped = true
      line = ""
    } else if (!lineDropped) line += text
  }

  /** The events that `text` completes. */
  return (text: string): ReadonlyArray<SseEvent> => {
    const events: Array<SseEvent> = []
    let rest = text
    if (atStart && rest.length > 0) {
      atStart = false
      if (rest.startsWith("\uFEFF")) rest = rest.slice(1)
    }
    if (afterCarriageReturn && rest.length > 0) {
      afterCarriageReturn = false
      if (rest.startsWith("\n")) rest = rest.slice(1)
    }
    for (let end = rest.search(/[\r\n]/); end !== -1; end = rest.search(/[\r\n]/)) {
      append(rest.slice(0, end))
      endOfLine(events)
      const carriageReturn = rest[end] === "\r"
      rest = rest.slice(carriageReturn && rest[end + 1] === "\n" ? end + 2 : end + 1)
      afterCarriageReturn = carriageReturn && rest === "" && !text.endsWith("\r\n")
    }
    append(rest)
    return events
  }
}
