/**
 * The versions in which the wire contract has its resources.
 */
import * as HttpApi from "@effect/platform/HttpApi"
import { StrataApi } from "../contract/StrataApi.ts"

export interface ContractVersion {
  readonly name: string
  /** Something of the resource that can be read without an id, when there is such a thing. */
  readonly readable: string | undefined
}

export interface ContractResource {
  /** First segment below the version. */
  readonly name: string
  /** Newest first. */
  readonly versions: ReadonlyArray<ContractVersion>
}

const newestFirst = (one: ContractVersion, other: ContractVersion) =>
  Number(other.name.slice(1)) - Number(one.name.slice(1))

const collect = (): ReadonlyArray<ContractResource> => {
  const resources = new Map<string, Map<string, string | undefined>>()
  HttpApi.reflect(StrataApi, {
    onGroup: () => undefined,
    onEndpoint: ({ endpoint: { method, path } }) => {
      const [, version, resource] = /^\/(v\d+)\/([^/:]+)/.exec(path) ?? []
      if (version === undefined || resource === undefined) return
      const versions = resources.get(resource) ?? new Map<string, string | undefined>()
      resources.set(resource, versions)
      const readable = method === "GET" && !path.includes(":") ? path : undefined
      versions.set(version, versions.get(version) ?? readable)
    }
  })
  return Array.from(resources, ([name, versions]) => ({
    name,
    versions: Array.from(versions, ([version, readable]) => ({ name: version, readable })).toSorted(newestFirst)
  }))
}

export const contractResources: ReadonlyArray<ContractResource> = collect()
