import * as NodeContext from "@effect/platform-node/NodeContext"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect, Layer, Redacted, Schema } from "effect"
import { createHash } from "node:crypto"
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { SecureStore } from "../../src/domain/storage/SecureStore.ts"
import { demoAccount } from "../../src/infrastructure/config/constants/DemoAccount.ts"
import { SessionRecord } from "../../src/infrastructure/services/auth/SessionRecord.ts"
import * as MemoryProcessLock from "../../src/infrastructure/storage/local/MemoryProcessLock.ts"
import * as KeyFile from "../../src/infrastructure/storage/secure/KeyFile.ts"
import * as OpenVault from "../../src/infrastructure/storage/secure/OpenVault.ts"
import * as VaultSecureStore from "../../src/infrastructure/storage/secure/VaultSecureStore.ts"
import * as Strata from "../support/strata.ts"

let strata: Strata.Strata

beforeAll(async () => {
  strata = await Strata.build("leaks")
})

afterAll(() => strata.remove())

const decodeRecord = Schema.decode(Schema.parseJson(SessionRecord))

/** The tokens in a device's vault. */
const tokensOf = (profile: string, ...device: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const entry = yield* Effect.flatten((yield* SecureStore).get("session"))
    const record = yield* decodeRecord(Redacted.value(entry))
    return { access: Redacted.value(record.accessToken), refresh: Redacted.value(record.refreshToken) }
  }).pipe(
    Effect.provide(
      VaultSecureStore.layer.pipe(
        Layer.provide(OpenVault.layer({ file: join(profile, "data", ...device, "vault") })),
        // Each vault has a generation of its own beside the key they share.
        Layer.provide([
          KeyFile.layerLoad({ file: join(profile, "config/vault-key"), vault: ["test", ...device].join("-") }),
          MemoryProcessLock.layer
        ]),
        Layer.provide(NodeContext.layer)
      )
    )
  )

/** Base64 of a text depends on how many bytes stand before it; what depends on its neighbours is left away. */
const base64 = (secret: string) =>
  [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]).toString("base64")
    return text.replaceAll("=", "").slice(offset === 0 ? 0 : 4, -2)
  })

/** How a secret could stand in a file. */
const spellings = (secret: string): ReadonlyArray<Buffer> => {
  const hex = Buffer.from(secret).toString("hex")
  const urlSafe = base64(secret).map((text) => text.replaceAll("+", "-").replaceAll("/", "_"))
  const texts = new Set([secret, hex, hex.toUpperCase(), ...base64(secret), ...urlSafe])
  return [...Array.from(texts, (text) => Buffer.from(text)), Buffer.from(secret, "utf16le")]
}

/** Gives the names of the secrets that some bytes give away. */
const searchFor = (secrets: Readonly<Record<string, string>>) => {
  const wanted = Object.entries(secrets).map(([name, secret]) => ({ name, forms: spellings(secret) }))
  return (bytes: Buffer | string) => {
    const searched = Buffer.from(bytes)
    return wanted.filter(({ forms }) => forms.some((form) => searched.includes(form))).map(({ name }) => name)
  }
}

const filesUnder = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())

/** Every value of every table: a long one is spread over pages, where a search of the file would miss it. */
const valuesIn = (file: string): ReadonlyArray<Buffer> => {
  const database = new Database(file, { readonly: true })
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as ReadonlyArray<
      { readonly name: string }
    >
    return tables.flatMap(({ name }) =>
      (database.prepare(`SELECT * FROM "${name}"`).all() as ReadonlyArray<Record<string, unknown>>)
        .flatMap((row) => Object.values(row))
        .map((value) => Buffer.isBuffer(value) ? value : Buffer.from(String(value)))
    )
  } finally {
    database.close()
  }
}

describe("the search for a secret", () => {
  it("finds each spelling, wherever it stands", () => {
    const secret = "Zm9v-token_0815+/x"
    const search = searchFor({ secret })
    const sentence = `{"a":"${secret}"}`
    const texts = [
      sentence,
      Buffer.from(sentence).toString("hex"),
      ...["", "1", "12", "123"].flatMap((before) => {
        const bytes = Buffer.from(before + sentence)
        return [bytes.toString("base64"), bytes.toString("base64url")]
      })
    ]
    for (const text of texts) assert.deepStrictEqual(search(text), ["secret"], text)
    assert.deepStrictEqual(search(Buffer.from(sentence, "utf16le")), ["secret"])
    assert.deepStrictEqual(search("Zm9v-token"), [])
  })
})

describe("two tours", () => {
  it.effect(
    "leave neither token, nor the password, nor a title in any file, in any table or on a stream",
    () =>
      Effect.gen(function*() {
        const folder = join(strata.folder, "journal")
        const title = "Heading canary 4711"
        mkdirSync(folder)
        writeFileSync(join(folder, "a.md"), `# ${title}\n\nA text`)
        const tour = Effect.promise(() => Strata.run(strata, "home", ["tour", folder]))
        const home = join(strata.folder, "home")
        const profile = join(home, "local")
        const devices = Effect.all({ main: tokensOf(profile), second: tokensOf(profile, "devices", "second") })

        const first = yield* tour
        assert.strictEqual(first.code, 0, first.stderr)
        const before = yield* devices
        const second = yield* tour
        assert.strictEqual(second.code, 0, second.stderr)
        const after = yield* devices
        const tokens = {
          formerAccessToken: before.main.access,
          formerRefreshToken: before.main.refresh,
          formerAccessTokenOfSecond: before.second.access,
          formerRefreshTokenOfSecond: before.second.refresh,
          accessToken: after.main.access,
          refreshToken: after.main.refresh,
          accessTokenOfSecond: after.second.access,
          refreshTokenOfSecond: after.second.refresh
        }
        for (const token of Object.values(tokens)) assert.match(token, /^[\w-]{43}$/)
        const secrets = { ...tokens, password: demoAccount.password }

        const inOutput = searchFor(secrets)
        for (const { stderr, stdout } of [first, second]) assert.deepStrictEqual(inOutput(stdout + stderr), [])
        const files = filesUnder(home)
        assert.isAbove(files.length, 8)
        const inFile = searchFor({ ...secrets, title, tourTitle: "Strata tour" })
        for (const file of files) assert.deepStrictEqual(inFile(readFileSync(file)), [], file)

        const databases = files.filter((file) => file.endsWith(".db"))
        const names = databases.map((file) => file.slice(profile.length + 1)).toSorted()
        assert.deepStrictEqual(names, [
          "cache/cache.v1.1.db",
          "cache/devices/second/cache.v1.1.db",
          "data/backend/backend.db",
          "data/devices/second/strata.db",
          "data/strata.db",
          "state/traces.db"
        ])
        for (const file of databases) {
          const values = valuesIn(file)
          assert.isAbove(values.length, 0, file)
          for (const value of values) assert.deepStrictEqual(inFile(value), [], file)
        }

        // Nothing is stored in a way that hides it from this search.
        const traced = valuesIn(join(profile, "state/traces.db"))
        for (const known of ["sync.run", "strata.command.name", "strata.sync.pushed"]) {
          assert.isTrue(traced.some((value) => value.includes(known)), known)
        }
        // These are the tokens the backend goes by, so it was the right ones that were searched for.
        const kept = new Set(valuesIn(join(profile, "data/backend/backend.db")).map((value) => value.toString("hex")))
        for (const token of [after.main.access, after.main.refresh, after.second.access, after.second.refresh]) {
          assert.isTrue(kept.has(createHash("sha256").update(token).digest("hex")))
        }
      }),
    180_000
  )
})
