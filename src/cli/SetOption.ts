/**
 * `--set KEY=value`, which every command takes: a setting for this run alone.
 */

/** Takes the pairs out of the arguments. What is not a pair stays and is refused like any unknown option. */
export const extract = (argv: ReadonlyArray<string>) => {
  const rest: Array<string> = []
  const overrides: Record<string, string> = {}
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ""
    const [, key, value] = (word === "--set" ? /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(argv[index + 1] ?? "") : null) ?? []
    if (key === undefined || value === undefined) {
      rest.push(word)
      continue
    }
    overrides[key] = value
    index++
  }
  return { argv: rest, overrides }
}
