/**
 * The path of a request as the wire contract writes it, which holds no id.
 */
import * as HttpApi from "@effect/platform/HttpApi"
import { StrataApi } from "./contract/StrataApi.ts"

/** `/v2/notes/:id` as its version and the rest. */
interface Parts {
  readonly version: string | undefined
  readonly rest: string
}

interface Template extends Parts {
  readonly method: string
  readonly pattern: RegExp
  readonly path: string
}

const templates: Array<Template> = []

const split = (path: string): Parts => {
  const [, version, rest = path] = /^\/(v\d+)(\/.*)$/.exec(path) ?? []
  return { version, rest }
}

HttpApi.reflect(StrataApi, {
  onGroup: () => undefined,
  onEndpoint: ({ endpoint }) => {
    templates.push({
      method: endpoint.method,
      pattern: new RegExp(`^${endpoint.path.replace(/:\w+/g, "[^/?#]+")}/?(?:[?#]|$)`),
      path: endpoint.path,
      ...split(endpoint.path)
    })
  }
})

const byPath = new Map<string, Parts>(templates.map((template) => [template.path, template]))

/** Looked up for what the contract has; every call asks. */
export const partsOf = (template: string): Parts => byPath.get(template) ?? split(template)

/** Whether the contract has the endpoint, written as a method and a path template, such as `GET /v2/notes`. */
export const isEndpoint = (key: string): boolean => templates.some(({ method, path }) => `${method} ${path}` === key)

/** `undefined` for what the contract does not have. `path` may carry a query. */
export const templateOf = (method: string, path: string): string | undefined =>
  templates.find((template) => template.method === method && template.pattern.test(path))?.path
