/**
 * The routes of the wire contract by name, for telemetry: a path as declared, never a path as requested.
 */
import * as HttpApi from "@effect/platform/HttpApi"
import { Option } from "effect"
import { realtimePath } from "../../infrastructure/network/api/contract/RealtimeFrame.ts"
import { StrataApi } from "../../infrastructure/network/api/contract/StrataApi.ts"

interface Route {
  readonly method: string
  readonly path: string
  readonly pattern: RegExp
}

const pattern = (path: string) => new RegExp(`^${path.replaceAll(/:[A-Za-z]+/g, "[^/]+")}$`)

const routes: Array<Route> = ["/docs", "/docs/openapi.json", realtimePath].map((path) => ({
  method: "GET",
  path,
  pattern: pattern(path)
}))

HttpApi.reflect(StrataApi, {
  onGroup: () => {},
  onEndpoint: ({ endpoint: { method, path } }) => routes.push({ method, path, pattern: pattern(path) })
})

/** `url` is a path with an optional query, or absolute. */
export const pathOf = (url: string): string => {
  const [path = "/"] = url.replace(/^[a-z]+:\/\/[^/?#]*/i, "").split(/[?#]/, 1)
  return path === "" ? "/" : path
}

/** The declared path that a request is for. */
export const find = (method: string, url: string): Option.Option<string> => {
  const path = pathOf(url)
  const found = routes.find((route) => route.method === method && route.pattern.test(path))
  return Option.map(Option.fromNullable(found), (route) => route.path)
}
