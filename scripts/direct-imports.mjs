// `effect` as one module loads all of it. In what is published, each import names the module it is about.

const functions = new Set(["absurd", "flow", "hole", "identity", "pipe", "unsafeCoerce"])

const direct = (specifier) => {
  const [name, alias = name] = specifier.split(" as ")
  return functions.has(name)
    ? `import { ${specifier} } from "effect/Function";`
    : `import * as ${alias} from "effect/${name}";`
}

/** Keeps the number of lines, so that source maps stay true. */
export const directImports = (text) =>
  text.replaceAll(/^import \{([^}]+)\} from "effect";$/gm, (statement, list) => {
    const specifiers = list.split(",").map((each) => each.trim()).filter((each) => each !== "")
    return specifiers.map(direct).join(" ") + "\n".repeat(statement.split("\n").length - 1)
  })
