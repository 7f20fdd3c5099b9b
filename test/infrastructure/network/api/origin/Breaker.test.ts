import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, FastCheck, Fiber, Stream } from "effect"
import { defaults } from "../../../../../src/infrastructure/network/api/ApiPolicy.ts"
import { Breaker } from "../../../../../src/infrastructure/network/api/origin/Breaker.ts"
import type { Admission, BreakerState, Verdict } from "../../../../../src/infrastructure/network/api/origin/Breaker.ts"

const policy = defaults.breaker

/** The breaker once more, as section 3.3 of the specification reads: a list of what happened, and no arithmetic saved. */
const reference = () => {
  type Ticket = { readonly era: number; readonly probe: boolean }
  let state: BreakerState = "closed"
  let era = 0
  let closedSince = Number.NEGATIVE_INFINITY
  let openedFor = 0
  let inARow = 0
  let until = 0
  let probes: Array<Ticket> = []
  let good = 0
  let seen: Array<{ readonly at: number; readonly bad: boolean }> = []
  const enter = (next: BreakerState) => {
    state = next
    era++
    probes = []
    good = 0
    seen = []
  }
  const open = (now: number, asked: number) => {
    if (state === "closed" && now - closedSince >= openedFor) inARow = 0
    inARow++
    let own = 5000
    for (let each = 1; each < inARow && own < 60_000; each++) own *= 2
    openedFor = Math.max(Math.min(own, 60_000), Math.min(asked, 60_000))
    until = now + openedFor
    enter("open")
  }
  return {
    state: (now: number): BreakerState => state === "open" && until <= now ? "half-open" : state,
    start: (now: number): Ticket | "no" => {
      if (state === "open" && until <= now) enter("half-open")
      if (state === "open" || state === "isolated" || probes.length > 0) return "no"
      const ticket = { era, probe: state === "half-open" }
      if (ticket.probe) probes.push(ticket)
      return ticket
    },
    end: (ticket: Ticket, verdict: Verdict, now: number, asked: number) => {
      if (ticket.era !== era) return
      probes = probes.filter((each) => each !== ticket)
      if (verdict === "ignored") return
      if (ticket.probe) {
        if (verdict === "failure") return open(now, asked)
        if (++good < 2) return
        enter("closed")
        closedSince = now
        return
      }
      seen.push({ at: now, bad: verdict === "failure" })
      const recent = seen.filter(({ at }) => Math.floor(at / 3000) > Math.floor(now / 3000) - 10)
      if (recent.length >= 10 && recent.filter(({ bad }) => bad).length / recent.length >= 0.5) open(now, asked)
    },
    isolate: () => enter("isolated"),
    close: (now: number) => {
      enter("closed")
      inARow = 0
      closedSince = now
    }
  }
}

type Command =
  | { readonly do: "wait"; readonly millis: number }
  | { readonly do: "start" }
  | { readonly do: "end"; readonly which: number; readonly verdict: Verdict; readonly asked: number }
  | { readonly do: "isolate" | "close" }

const end = FastCheck.record<Command>({
  do: FastCheck.constant("end"),
  which: FastCheck.nat(40),
  verdict: FastCheck.oneof(
    { weight: 4, arbitrary: FastCheck.constant<Verdict>("failure") },
    { weight: 3, arbitrary: FastCheck.constant<Verdict>("success") },
    { weight: 1, arbitrary: FastCheck.constant<Verdict>("ignored") }
  ),
  asked: FastCheck.oneof(FastCheck.constant(0), FastCheck.constantFrom(3000, 20_000, 300_000))
})
const command = FastCheck.oneof(
  { weight: 10, arbitrary: FastCheck.constant<Command>({ do: "start" }) },
  { weight: 10, arbitrary: end },
  {
    weight: 2,
    arbitrary: FastCheck.record<Command>({
      do: FastCheck.constant("wait"),
      millis: FastCheck.oneof(FastCheck.nat(2000), FastCheck.nat(12_000), FastCheck.nat(70_000))
    })
  },
  { weight: 1, arbitrary: FastCheck.constantFrom<Command>({ do: "isolate" }, { do: "close" }, { do: "close" }) }
)

const admitted = (breaker: Breaker, now: number): Admission => {
  const answer = breaker.admit(now)
  if ("halfOpen" in answer) throw new Error("The breaker refuses")
  return answer
}

/** Ten failures, so that it opens. */
const trip = (breaker: Breaker, now: number, retryAfter = 0) => {
  const calls = Array.from({ length: 10 }, () => admitted(breaker, now))
  for (const call of calls) breaker.settle(call, "failure", now, retryAfter)
}

describe("Breaker", () => {
  it("does what the reference does, whatever starts, ends late, is interrupted or decided by hand", () => {
    const reached = new Set<string>()
    FastCheck.assert(
      FastCheck.property(FastCheck.array(command, { minLength: 40, maxLength: 200, size: "max" }), (commands) => {
        const breaker = new Breaker(policy)
        const model = reference()
        const open: Array<[Admission, ReturnType<typeof model.start>]> = []
        let now = 1000
        for (const each of commands) {
          if (each.do === "wait") now += each.millis
          else if (each.do === "isolate") {
            breaker.isolate(now)
            model.isolate()
          } else if (each.do === "close") {
            breaker.close(now)
            model.close(now)
          } else if (each.do === "end") {
            const [ended] = open.splice(each.which % Math.max(1, open.length), 1)
            if (ended !== undefined && ended[1] !== "no") {
              breaker.settle(ended[0], each.verdict, now, each.asked)
              model.end(ended[1], each.verdict, now, each.asked)
            }
          } else {
            const real = breaker.admit(now)
            const ideal = model.start(now)
            assert.strictEqual("halfOpen" in real, ideal === "no")
            if (!("halfOpen" in real)) open.push([real, ideal])
          }
          assert.strictEqual(breaker.state(now), model.state(now))
          reached.add(breaker.state(now))
        }
      }),
      { numRuns: 1000 }
    )
    assert.deepStrictEqual([...reached].toSorted(), ["closed", "half-open", "isolated", "open"])
  })

  it("opens at ten calls of which half fail, and not at nine", () => {
    const breaker = new Breaker(policy)
    for (let call = 0; call < 9; call++) {
      breaker.settle(admitted(breaker, 0), call % 2 === 0 ? "failure" : "success", 0)
    }
    assert.strictEqual(breaker.state(0), "closed")
    breaker.settle(admitted(breaker, 0), "success", 0)
    assert.strictEqual(breaker.state(0), "open")
    assert.deepStrictEqual(breaker.admit(0), { halfOpen: false, retryAfter: 5000 })
  })

  it("lets exactly one probe through at a time, and closes after two that succeed", () => {
    const breaker = new Breaker(policy)
    trip(breaker, 0)
    const probe = admitted(breaker, 5000)
    for (let other = 0; other < 100; other++) {
      assert.deepStrictEqual(breaker.admit(5000), { halfOpen: true, retryAfter: 1000 })
    }
    breaker.settle(probe, "success", 5100)
    const second = admitted(breaker, 5100)
    assert.isTrue("halfOpen" in breaker.admit(5100))
    breaker.settle(second, "success", 5200)
    assert.strictEqual(breaker.state(5200), "closed")
  })

  it("doubles its time with each trip, up to a minute, and starts over after it stayed closed for as long as it was open", () => {
    const breaker = new Breaker(policy)
    let now = 0
    trip(breaker, now)
    for (const expected of [5000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      assert.deepStrictEqual(breaker.admit(now), { halfOpen: false, retryAfter: expected })
      now += expected
      breaker.settle(admitted(breaker, now), "failure", now)
    }
    const close = () => {
      for (let probe = 0; probe < 2; probe++) breaker.settle(admitted(breaker, now), "success", now)
    }
    now += 60_000
    close()
    now += 59_999
    trip(breaker, now)
    assert.deepStrictEqual(breaker.admit(now), { halfOpen: false, retryAfter: 60_000 })
    now += 60_000
    close()
    now += 60_000
    trip(breaker, now)
    assert.deepStrictEqual(breaker.admit(now), { halfOpen: false, retryAfter: 5000 })
  })

  it("stays open for as long as the backend asks, a minute at most", () => {
    for (const [asked, expected] of [[1000, 5000], [30_000, 30_000], [3_600_000, 60_000]] as const) {
      const breaker = new Breaker(policy)
      trip(breaker, 0, asked)
      assert.deepStrictEqual(breaker.admit(0), { halfOpen: false, retryAfter: expected })
    }
  })

  it("opens when too many calls are slow, if that is asked for", () => {
    const breaker = new Breaker({ ...policy, slow: { after: "5 seconds", ratio: 0.8 } })
    const calls = Array.from({ length: 10 }, () => admitted(breaker, 0))
    for (const [index, call] of calls.entries()) breaker.settle(call, "success", index < 2 ? 100 : 5001)
    assert.strictEqual(breaker.state(5001), "open")
  })

  it("is the same in a later process, whose clock started elsewhere", () => {
    const breaker = new Breaker(policy)
    trip(breaker, 0)
    breaker.settle(admitted(breaker, 5000), "failure", 5000)
    const later = new Breaker(policy)
    later.restore(breaker.snapshot(8000), 900_000)
    assert.deepStrictEqual(later.admit(900_000), { halfOpen: false, retryAfter: 7000 })
    later.settle(admitted(later, 907_000), "failure", 907_000)
    assert.deepStrictEqual(later.admit(907_000), { halfOpen: false, retryAfter: 20_000 })
    const isolated = new Breaker(policy)
    isolated.isolate(0)
    later.restore(isolated.snapshot(0), 0)
    assert.strictEqual(later.state(1e9), "isolated")
  })

  it.effect("tells each change once, and only while somebody listens", () =>
    Effect.gen(function*() {
      const told: Array<BreakerState> = []
      const breaker = new Breaker(policy, (state) => told.push(state))
      const heard = yield* Effect.fork(Stream.runCollect(Stream.take(breaker.changes, 3)))
      yield* Effect.repeatN(Effect.yieldNow(), 50)
      trip(breaker, 0)
      for (let probe = 0; probe < 2; probe++) breaker.settle(admitted(breaker, 5000), "success", 5000)
      breaker.close(5000)
      assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Fiber.join(heard)), ["open", "half-open", "closed"])
      assert.deepStrictEqual(told, ["open", "half-open", "closed"])
    }))
})
