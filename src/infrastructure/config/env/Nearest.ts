/**
 * "Did you mean": the known name at the smallest edit distance.
 */
import { Option } from "effect"

/** Levenshtein distance. */
const distance = (left: string, right: string): number => {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const substituted = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1)
      current.push(Math.min(substituted, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[right.length] ?? 0
}

/** None when every name is more than `limit` edits away; the first of several equally near. */
export const nearest = (name: string, known: ReadonlyArray<string>, limit = 3): Option.Option<string> => {
  let best = Option.none<string>()
  let smallest = limit + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= smallest) continue
    const found = distance(name, candidate)
    if (found < smallest) {
      smallest = found
      best = Option.some(candidate)
    }
  }
  return best
}
