/**
 * The wire contract for people and tools: Swagger UI at `/docs`, OpenAPI at `/docs/openapi.json`.
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as OpenApi from "@effect/platform/OpenApi"
import { Context, Effect, Layer } from "effect"
import { computeOnce } from "../../domain/operations/ComputeOnce.ts"
import { StrataApi } from "../../infrastructure/network/api/contract/StrataApi.ts"

/** The page is 1.4 MB of script, so it is loaded when somebody asks for it. */
const page = Effect.gen(function*() {
  const swagger = yield* Effect.orDie(Effect.tryPromise(() => import("@effect/platform/HttpApiSwagger")))
  const context = yield* Layer.build(
    swagger.layer({ path: "/docs" }).pipe(
      Layer.provideMerge(HttpApiBuilder.Router.Live),
      Layer.provide(Layer.succeed(HttpApi.Api, { api: StrataApi as never, context: Context.empty() as never }))
    )
  )
  const router = yield* Context.get(context, HttpApiBuilder.Router).router
  const app = yield* HttpRouter.toHttpApp(router)
  return { answer: Effect.orDie(app) }
})

/** No request leaves the page but to this backend. */
const security = { "content-security-policy": "default-src 'self' 'unsafe-inline' data:" }

export const layer = HttpApiBuilder.Router.use((router) =>
  Effect.gen(function*() {
    const cachedPage = yield* computeOnce(Effect.scoped(page))
    const openApi = yield* Effect.cached(
      Effect.sync(() => HttpServerResponse.unsafeJson(OpenApi.fromApi(StrataApi)))
    )
    yield* router.get(
      "/docs",
      Effect.map(Effect.flatMap(cachedPage, ({ answer }) => answer), HttpServerResponse.setHeaders(security))
    )
    yield* router.get("/docs/openapi.json", openApi)
  })
)
