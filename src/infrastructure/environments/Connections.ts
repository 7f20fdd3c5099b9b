/**
 * How this device connects, as its configuration says.
 */
import { FileSystem } from "@effect/platform/FileSystem"
import { Effect, Layer, Option } from "effect"
import { InvalidSettings, SettingIssue } from "../../domain/operations/Setting.ts"
import { ConnectionConfig } from "../config/env/ConnectionConfig.ts"
import { ProfileConfig } from "../config/env/ProfileConfig.ts"
import type { TlsOptions } from "../network/api/transport/Tls.ts"
import * as UndiciTransport from "../network/api/transport/UndiciTransport.ts"

const certificates = /-----BEGIN (TRUSTED )?CERTIFICATE-----/

/** Reads a PEM file with at least one certificate. The file's path is no secret, but nobody needs it in a message. */
const pemFile = (key: string, path: string) =>
  Effect.gen(function*() {
    const { readFileString } = yield* FileSystem
    const { profile } = yield* ProfileConfig
    const invalid = (problem: string) =>
      new InvalidSettings({
        profile,
        issues: [new SettingIssue({ key, problem, origin: `the file that ${key} names` })]
      })
    const text = yield* Effect.mapError(readFileString(path), () => invalid("cannot be read"))
    return certificates.test(text) ? text : yield* invalid("holds no PEM certificate")
  })

/** Authorities that Node would add to its own were none configured. As with Node, what cannot be read is left out. */
const nodeAuthorities = (path: Option.Option<string>) =>
  Effect.gen(function*() {
    if (Option.isNone(path)) return ""
    const { readFileString } = yield* FileSystem
    return yield* readFileString(path.value)
  }).pipe(Effect.catchAll(() =>
    Effect.as(
      Effect.logWarning("The file that NODE_EXTRA_CA_CERTS names cannot be read: its authorities are not trusted"),
      ""
    )
  ))

const tls = Effect.gen(function*() {
  const { caFile, certificateFile, key, nodeCaFile, pins } = yield* ConnectionConfig
  const extraCa = Option.isNone(caFile) ? {} : {
    // The configured ones first: nothing is read after a certificate that is damaged.
    extraCa: `${yield* pemFile("STRATA_TLS_CA_FILE", caFile.value)}\n${yield* nodeAuthorities(nodeCaFile)}`
  }
  const client = Option.isSome(certificateFile) && Option.isSome(key)
    ? { certificate: yield* pemFile("STRATA_TLS_CERTIFICATE_FILE", certificateFile.value), key: key.value }
    : undefined
  return { pins, ...extraCa, ...(client === undefined ? {} : { client }) } satisfies TlsOptions
})

/** Built with the files as they are then. */
export const transport = Layer.unwrapEffect(Effect.gen(function*() {
  const { httpProxy, httpsProxy, noProxy } = yield* ConnectionConfig
  return UndiciTransport.layer({
    tls: yield* tls,
    proxies: {
      except: noProxy,
      ...(Option.isSome(httpProxy) ? { http: httpProxy.value } : {}),
      ...(Option.isSome(httpsProxy) ? { https: httpsProxy.value } : {})
    }
  })
}))
