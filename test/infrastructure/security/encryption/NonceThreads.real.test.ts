import { assert, describe, it } from "@effect/vitest"
import { once } from "node:events"
import { join } from "node:path"
import { Worker } from "node:worker_threads"
import { bundle } from "../../../support/childProgram.ts"

describe("NoncePool", () => {
  it("2^20 nonces of four threads are different", async () => {
    const program = await bundle(join(import.meta.dirname, "nonceChild.ts"))
    try {
      const draws = await Promise.all(Array.from({ length: 4 }, async () => {
        const worker = new Worker(program.file, { workerData: 2 ** 18 })
        const [drawn] = await once(worker, "message")
        return drawn as BigUint64Array
      }))
      const all = new BigUint64Array(2 ** 20)
      for (const [index, drawn] of draws.entries()) all.set(drawn, index * 2 ** 18)
      all.sort()
      assert.isFalse(all.some((value, index) => value === 0n || value === all[index - 1]))
    } finally {
      program.remove()
    }
  })
})
