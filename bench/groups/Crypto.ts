/**
 * Sealing, against what Node does with the same cipher when nobody looks after nonces, keys and formats.
 */
import { Effect, Exit, Scope } from "effect"
import { build } from "esbuild"
import { execFile } from "node:child_process"
import { createCipheriv, createSecretKey, randomBytes, randomFillSync, randomInt } from "node:crypto"
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdtempSync,
  rmSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pipeline } from "node:stream/promises"
import { promisify } from "node:util"
import * as Aead from "../../src/infrastructure/security/encryption/Aead.ts"
import * as Keyset from "../../src/infrastructure/security/encryption/Keyset.ts"
import * as SeekableFile from "../../src/infrastructure/security/encryption/SeekableFile.ts"
import * as StreamingFile from "../../src/infrastructure/security/encryption/StreamingFile.ts"
import { cpuPerOperation } from "../Cost.ts"
import type { Benchmark, Subject } from "../Harness.ts"

const kibibyte = 1024
const mebibyte = 1024 * kibibyte

/** Bound to every box and stream. */
const associatedData = randomBytes(32)

/** Operations in a second of CPU time. */
const rate = (operations: number, operation: () => void): Subject => () => ({
  sample: async () =>
    1e6 / await cpuPerOperation(operations, async () => {
      for (let done = 0; done < operations; done++) operation()
    })
})

/** About a tenth of a second of work. */
const operationsOf = (size: number) => size <= kibibyte ? 20_000 : 1_000

const sealing = (template: "AES_256_GCM" | "XAES_256_GCM", size: number): Subject => {
  const keyset = Keyset.generate(template)
  const plaintext = randomBytes(size)
  return rate(operationsOf(size), () => void Aead.seal(keyset, plaintext, associatedData))
}

/** The same in one buffer, with a nonce that was drawn with 682 others: nobody's keys, no rotation, no key id. */
const rawCipher = (size: number): Subject => {
  const key = createSecretKey(randomBytes(32))
  const plaintext = randomBytes(size)
  const pool = Buffer.alloc(683 * 12)
  let used = pool.length
  return rate(operationsOf(size), () => {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    const nonce = pool.subarray(used, used += 12)
    const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: 16 })
    cipher.setAAD(associatedData)
    Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  })
}

const streamed = 256 * mebibyte
const sought = 1024 * mebibyte

/** In memory where the system has files there, so that no disk is measured. */
const folder = (): string => mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "strata-bench-"))

const files = () => {
  const directory = folder()
  const source = join(directory, "plain")
  writeFileSync(source, randomBytes(mebibyte))
  truncateSync(source, streamed)
  return {
    source,
    target: join(directory, "sealed"),
    close: async () => rmSync(directory, { recursive: true, force: true })
  }
}

/** MiB per second. */
const throughput = async (run: () => Promise<unknown>) => {
  const start = performance.now()
  await run()
  return streamed / mebibyte / (performance.now() - start) * 1000
}

/** MiB per second of CPU time. */
const efficiency = async (run: () => Promise<unknown>) =>
  1e6 / await cpuPerOperation(streamed / mebibyte, async () => void await run())

type Measure = typeof throughput

const wholeFile = (measure: Measure): Subject => () => {
  const { close, source, target } = files()
  const keyset = Keyset.generate("AES_256_GCM_HKDF_1MB")
  const seal = StreamingFile.seal(keyset, { source, target }, associatedData)
  return { sample: () => measure(() => Effect.runPromise(seal)), close }
}

const nodePipeline = (measure: Measure): Subject => () => {
  const { close, source, target } = files()
  const highWaterMark = 64 * kibibyte
  const key = createSecretKey(randomBytes(32))
  return {
    sample: () =>
      measure(() =>
        pipeline(
          createReadStream(source, { highWaterMark }),
          createCipheriv("aes-256-gcm", key, randomBytes(12), { authTagLength: 16 }),
          createWriteStream(target, { highWaterMark })
        )
      ),
    close
  }
}

/** The most memory that a process of its own, bundled as the command is, held while it sealed the file; in MB. */
const memory: Subject = async () => {
  const { close, source, target } = files()
  const outfile = join(process.cwd(), "node_modules/.cache/strata/sealFile.mjs")
  await build({
    entryPoints: ["bench/sealFile.ts"],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "warning"
  })
  const run = promisify(execFile)
  return {
    sample: async () => Number((await run(process.execPath, [outfile, source, target])).stdout) * kibibyte / 1e6,
    close
  }
}

/** Milliseconds of CPU time for 64 KiB from anywhere in 1 GiB. */
const seekable: Subject = async () => {
  const { close, source, target } = files()
  truncateSync(source, sought)
  const keyset = Keyset.generate("AES_256_GCM_HKDF_1MB")
  const scope = await Effect.runPromise(Scope.make())
  const { readAt } = await Effect.runPromise(
    StreamingFile.seal(keyset, { source, target }, associatedData).pipe(
      Effect.zipRight(SeekableFile.open(keyset, target, associatedData)),
      Scope.extend(scope)
    )
  )
  const reads = 50
  const anywhere = Effect.suspend(() => readAt(randomInt(sought - 64 * kibibyte), 64 * kibibyte))
  return {
    sample: async () =>
      await cpuPerOperation(reads, () => Effect.runPromise(Effect.repeatN(anywhere, reads - 1)).then(() => undefined))
      / 1000,
    close: async () => {
      await Effect.runPromise(Scope.close(scope, Exit.void))
      await close()
    }
  }
}

const aead = (template: "AES_256_GCM" | "XAES_256_GCM", size: number, target: number): Benchmark => ({
  group: "crypto",
  name: `${template} seals ${size / kibibyte} KiB`,
  unit: "op/s",
  better: "higher",
  target,
  subject: sealing(template, size),
  peer: { name: "createCipheriv and concat, pooled nonce", subject: rawCipher(size) }
})

const stream = (name: string, unit: string, measure: Measure): Benchmark => ({
  group: "crypto",
  name,
  unit,
  better: "higher",
  target: 1.2,
  subject: wholeFile(measure),
  peer: { name: "read, cipher, write in 64 KiB", subject: nodePipeline(measure) }
})

export const benchmarks: ReadonlyArray<Benchmark> = [
  aead("AES_256_GCM", kibibyte, 0.8),
  aead("XAES_256_GCM", kibibyte, 0.45),
  aead("AES_256_GCM", 64 * kibibyte, 0.9),
  {
    group: "crypto",
    name: "64 KiB from anywhere in a sealed file of 1 GiB, CPU",
    unit: "ms",
    better: "lower",
    target: 3,
    subject: seekable
  },
  stream("a file of 256 MiB is sealed in segments of 1 MiB", "MiB/s", throughput),
  stream("the same, by CPU time", "MiB/s", efficiency),
  {
    group: "crypto",
    name: "the same, memory of the whole process",
    unit: "MB",
    better: "lower",
    target: 120,
    subject: memory
  }
]
