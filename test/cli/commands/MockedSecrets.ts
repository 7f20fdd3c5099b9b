import { Effect, Layer } from "effect"
import { Maintenance } from "../../../src/domain/operations/Maintenance.ts"
import type { SecretStoreStatus } from "../../../src/domain/operations/Maintenance.ts"
import type { SecretFailure } from "../../../src/domain/storage/SecretFailure.ts"
import { SecureStore } from "../../../src/domain/storage/SecureStore.ts"
import { status } from "../support/secretStoreStatus.ts"
import * as SecretsCommand from "./SecretsCommand.ts"
import type { Input } from "./SecretsCommand.ts"

/** A store of which the test says what its parts do. */
const ports = (maintenance: Partial<typeof Maintenance.Service>, list: Effect.Effect<Array<string>, SecretFailure>) =>
  Layer.merge(
    Layer.mock(Maintenance, { status: Effect.succeed(status()), ...maintenance }),
    Layer.mock(SecureStore, { list })
  )

/** Runs `strata secrets <words>` over such a store. */
export const run = (
  words: string,
  maintenance: Partial<typeof Maintenance.Service>,
  input?: Input,
  list: Effect.Effect<Array<string>, SecretFailure> = Effect.succeed(["a"])
) => SecretsCommand.run(ports(maintenance, list), words.split(" "), input)

export const showing = (fields: Partial<typeof SecretStoreStatus.Type>) => ({ status: Effect.succeed(status(fields)) })
