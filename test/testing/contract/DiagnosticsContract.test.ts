import { Layer, Stream } from "effect"
import { Check } from "../../../src/domain/operations/Check.ts"
import { Diagnostics } from "../../../src/domain/operations/Diagnostics.ts"
import { contract } from "../../../src/testing/contract/DiagnosticsContract.ts"
import { bites } from "../../../src/testing/vitest.ts"

const check = (name: string, detail = "fine") => new Check({ name, status: "ok", detail })

const broken = (makeChecks: () => Stream.Stream<Check>) => Layer.sync(Diagnostics, () => ({ checks: makeChecks() }))

bites(contract, "looks at nothing", broken(() => Stream.empty))
bites(contract, "says nothing", broken(() => Stream.make(check("node"), check("disk", " "))))
bites(contract, "repeats names", broken(() => Stream.make(check("node"), check("node"))))
bites(
  contract,
  "looks once only",
  broken(() => {
    const once = [check("node"), check("disk")]
    return Stream.suspend(() => Stream.fromIterable(once.splice(0)))
  })
)
bites(
  contract,
  "changes the order",
  broken(() => {
    let turn = 0
    const [a, b] = [check("node"), check("disk")]
    return Stream.suspend(() => turn++ % 2 === 0 ? Stream.make(a, b) : Stream.make(b, a))
  })
)
