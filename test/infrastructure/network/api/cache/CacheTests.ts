/**
 * The conformance tests of `http-cache-tests` and its server, on loopback.
 */
import { once } from "node:events"
import * as http from "node:http"
import type { AddressInfo } from "node:net"

export interface Suite {
  readonly tests: ReadonlyArray<{
    readonly id: string
    readonly kind?: "required" | "optimal" | "check"
    readonly browser_only?: boolean
    readonly browser_skip?: boolean
  }>
}

/** `true`, or why not. */
export type Results = Readonly<Record<string, true | readonly [string, string]>>

/** What the tests ask for of `fetch`. */
export interface Init {
  readonly method?: string
  readonly headers?: ReadonlyArray<[string, string]>
  readonly body?: string
  readonly cache?: string
}

export type Fetch = (url: string, init?: Init) => Promise<Pick<Response, "status" | "headers" | "text">>

type Handle = (segments: ReadonlyArray<string>, request: http.IncomingMessage, response: http.ServerResponse) => void

interface Runner {
  readonly runTests: (tests: ReadonlyArray<Suite>, fetch: Fetch, browserCache: boolean, base: string) => Promise<void>
  readonly getResults: () => Results
}

const load = async <A>(path: string, name: string): Promise<A> => {
  const module: Readonly<Record<string, A>> = await import(`http-cache-tests/${path}.mjs`)
  const value = module[name]
  if (value === undefined) throw new Error(`http-cache-tests has no ${name}`)
  return value
}

export const suites = () => load<ReadonlyArray<Suite>>("tests/index", "default")

/** Once per process: the runner has state of its own. */
export const run = async (fetch: Fetch, base: string): Promise<Results> => {
  const runTests = await load<Runner["runTests"]>("client/runner", "runTests")
  const getResults = await load<Runner["getResults"]>("client/runner", "getResults")
  await runTests(await suites(), fetch, true, base)
  return getResults()
}

/** Runs until the process is asked to end. */
export const serve = async (): Promise<{ readonly base: string; readonly close: () => void }> => {
  const handlers: Readonly<Record<string, Handle>> = {
    config: await load<Handle>("server/handle-config", "default"),
    test: await load<Handle>("server/handle-test", "default"),
    state: await load<Handle>("server/handle-state", "default")
  }
  const server = http.createServer((request, response) => {
    const [, kind = "", ...segments] = new URL(request.url ?? "/", "http://127.0.0.1").pathname.split("/")
    const handle = handlers[kind]
    if (handle === undefined) response.writeHead(404).end()
    else handle(segments, request, response)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { base, close: () => void server.close(() => undefined).closeAllConnections() }
}

/** How many of each kind there are and passed. */
export const count = (all: ReadonlyArray<Suite>, results: Results) => {
  const tests = all.flatMap((suite) => suite.tests).filter(({ browser_skip }) => browser_skip !== true)
  const of = (kind: "required" | "optimal") => {
    const those = tests.filter((test) => (test.kind ?? "required") === kind)
    const failed = those.filter(({ id }) => results[id] !== true)
    return { total: those.length, passed: those.length - failed.length, failed: failed.map(({ id }) => id).toSorted() }
  }
  return { required: of("required"), optimal: of("optimal") }
}
