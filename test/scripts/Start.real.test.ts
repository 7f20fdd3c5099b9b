import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const root = join(import.meta.dirname, "../..")

const program = (greeting: string) =>
  `#!/usr/bin/env node
const [, , command, ...rest] = process.argv
process.stdout.write(["${greeting}", command, ...rest, process.cwd()].join(" ") + "\\n")
if (rest[0] === "fail") process.exitCode = 3
if (rest[0] === "wait") setTimeout(() => undefined, 60_000)
`

/** A project with this one's scripts and a `main.ts` of its own. */
const project = (): { readonly folder: string; readonly bundle: string } => {
  const folder = mkdtempSync(join(tmpdir(), "strata-start-"))
  cpSync(join(root, "scripts"), join(folder, "scripts"), { recursive: true })
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
  mkdirSync(join(folder, "src"))
  writeFileSync(join(folder, "src/main.ts"), program("hello"))
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }))
  writeFileSync(join(folder, "package-lock.json"), "{}")
  return { folder, bundle: join(folder, "dist/bin/strata.js") }
}

const start = (folder: string, ...args: ReadonlyArray<string>) =>
  spawn(process.execPath, [join(folder, "scripts/start.mjs"), ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
    env: { INIT_CWD: tmpdir() }
  })

const finished = async (child: ReturnType<typeof start>) => {
  let output = ""
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString()
  })
  const [code, signal] = await once(child, "close")
  return { code, signal, output }
}

describe("npm start", () => {
  it("builds the bundle and runs the tour in the caller's folder", async () => {
    const { folder } = project()
    const { code, output } = await finished(start(folder, "some/folder"))
    rmSync(folder, { recursive: true })
    assert.strictEqual(code, 0)
    assert.strictEqual(output, `hello tour some/folder ${tmpdir()}\n`)
  })

  it("builds again only when a source is newer", async () => {
    const { bundle, folder } = project()
    await finished(start(folder))
    const built = statSync(bundle).mtimeMs
    await finished(start(folder))
    assert.strictEqual(statSync(bundle).mtimeMs, built)
    writeFileSync(join(folder, "src/main.ts"), program("welcome"))
    const later = built / 1000 + 5
    utimesSync(join(folder, "src/main.ts"), later, later)
    const { output } = await finished(start(folder))
    rmSync(folder, { recursive: true })
    assert.match(output, /^welcome tour/)
  })

  it("ends with the command's exit code", async () => {
    const { folder } = project()
    const { code } = await finished(start(folder, "fail"))
    rmSync(folder, { recursive: true })
    assert.strictEqual(code, 3)
  })

  it("hands signals to the command", async () => {
    const { folder } = project()
    const child = start(folder, "wait")
    const end = finished(child)
    await once(child.stdout, "data")
    child.kill("SIGTERM")
    const { signal } = await end
    rmSync(folder, { recursive: true })
    assert.strictEqual(signal, "SIGTERM")
  })

  it("ends with a failure and no old output when the sources do not build", async () => {
    const { folder } = project()
    writeFileSync(join(folder, "src/main.ts"), `import "./absent.ts"\n`)
    const child = spawn(process.execPath, [join(folder, "scripts/start.mjs")], { stdio: "ignore" })
    const [code] = await once(child, "close")
    rmSync(folder, { recursive: true })
    assert.strictEqual(code, 1)
  })
})
