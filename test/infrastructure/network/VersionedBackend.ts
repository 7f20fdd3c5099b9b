/**
 * A backend that answers by version, and calls that name versions of its devices.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { it } from "@effect/vitest"
import { DateTime, Effect, Layer, Logger, Schema } from "effect"
import { defaults } from "../../../src/infrastructure/network/api/ApiPolicy.ts"
import type { ApiPolicyOptions } from "../../../src/infrastructure/network/api/ApiPolicy.ts"
import { OriginStates } from "../../../src/infrastructure/network/api/origin/OriginState.ts"
import * as ApiVersions from "../../../src/infrastructure/network/api/version/ApiVersions.ts"
import * as VersionNotices from "../../../src/infrastructure/network/api/version/VersionNotices.ts"
import * as IdempotencyKey from "../../../src/infrastructure/network/interceptors/IdempotencyKey.ts"
import * as Redirect from "../../../src/infrastructure/network/interceptors/Redirect.ts"
import * as Version from "../../../src/infrastructure/network/interceptors/Version.ts"
import type { Exchange, Step } from "../../../src/testing/ScriptedTransport.ts"
import * as Fused from "./Fused.ts"

const Device = Schema.Struct({ topics: Schema.NonEmptyArray(Schema.String) })

/** Version 1 knows one topic only. */
export const versions = {
  v2: ApiVersions.version({ schema: Device, up: (wire) => wire, down: (value) => value }),
  v1: ApiVersions.version({
    schema: Schema.Struct({ topic: Schema.NonEmptyString }),
    up: ({ topic }): typeof Device.Type => ({ topics: [topic] }),
    down: ({ topics }) => ({ topic: topics[0] })
  })
}

export const devices = ApiVersions.make(versions, { resource: "/devices", strategy: "path" })
export const url = `${Fused.origin}/v2/devices/d1`
export const get = HttpClientRequest.get(url)
export const put = HttpClientRequest.put(url).pipe(HttpClientRequest.bodyUnsafeJson({ topics: ["news", "sport"] }))

export const json = (value: unknown): string => JSON.stringify(value)
export const fromJson = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes))

export const current: Step = { body: json({ topics: ["news"] }) }
export const old: Step = { body: json({ topic: "news" }) }
export const status = (code: number, headers: Readonly<Record<string, string>> = {}): Step => ({
  status: code,
  headers
})

export const deprecation = "@0"
export const sunsetAt = (millis: number) => DateTime.toDateUtc(DateTime.unsafeMake(millis)).toUTCString()
export const day = 86_400_000

interface Options {
  readonly policy?: Partial<ApiPolicyOptions["versions"]>
  readonly versions?: ApiVersions.Negotiable
}

/** Answers by version; `asked` are the versions of the requests. */
export const serving = (answers: Readonly<Record<string, (exchange: Exchange) => Step>>, options: Options = {}) =>
  Effect.gen(function*() {
    const notices = yield* VersionNotices.VersionNotices
    const policy = { ...defaults, versions: { ...defaults.versions, ...options.policy } }
    const asked: Array<string> = []
    const stages = [Version.make(policy, notices), IdempotencyKey.make(), Redirect.make(yield* OriginStates)]
    const { exchanges, send } = Fused.make(stages, (exchange) => {
      const version = /\/(v\d)\//.exec(exchange.request.url)?.[1] ?? ""
      asked.push(version)
      return answers[version]?.(exchange) ?? status(404)
    })
    return {
      asked,
      exchanges,
      send: (request = get, idempotencyKey?: string) =>
        send(request, {
          options: {
            versions: options.versions ?? devices,
            ...(idempotencyKey === undefined ? {} : { idempotencyKey })
          }
        }),
      sendPlain: () => send(Fused.get)
    }
  })

export const text = (
  answer: Effect.Effect.Success<ReturnType<Effect.Effect.Success<ReturnType<typeof serving>>["send"]>>
) => Effect.orDie(answer.text)

const layer = Layer.mergeAll(
  Fused.origins,
  VersionNotices.layer,
  Logger.remove(Logger.defaultLogger)
)

export const test = <E>(title: string, body: () => Effect.Effect<void, E, Layer.Layer.Success<typeof layer>>) =>
  it.effect(title, () => Effect.provide(body(), layer))
