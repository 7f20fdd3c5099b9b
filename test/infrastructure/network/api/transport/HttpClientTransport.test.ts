import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { Layer } from "effect"
import * as HttpClientTransport from "../../../../../src/infrastructure/network/api/transport/HttpClientTransport.ts"
import { contract } from "../../../../../src/testing/contract/TransportContract.ts"
import { suite } from "../../../../../src/testing/vitest.ts"
import * as StepServer from "./StepServer.ts"

suite(
  contract,
  "fetch",
  Layer.merge(Layer.provide(HttpClientTransport.layer, FetchHttpClient.layer), StepServer.real)
)
