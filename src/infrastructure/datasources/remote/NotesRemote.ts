/**
 * Notes at the backend.
 */
import { Effect } from "effect"
import { Unavailable } from "../../../domain/network/RemoteFailure.ts"
import { ApiClient } from "../../network/api/ApiClient.ts"
import type { Mutation, MutationResult } from "../../network/api/contract/NotesApi.ts"

/** A mutation with what became of it. */
export interface Outcome {
  readonly mutation: Mutation
  readonly result: MutationResult
}

export const make = Effect.map(ApiClient, (api) => ({
  /** One outcome per mutation, in their order. An answer that leaves one out is no answer. */
  mutate: (mutations: ReadonlyArray<Mutation>) =>
    Effect.gen(function*() {
      const { results } = yield* api.call((client) => client.notes.mutate({ payload: { mutations } }))
      const byId = new Map(results.map((result) => [result.mutationId, result]))
      const outcomes: Array<Outcome> = []
      for (const mutation of mutations) {
        const result = byId.get(mutation.mutationId)
        if (result === undefined) return yield* new Unavailable({})
        outcomes.push({ mutation, result })
      }
      return outcomes
    }),

  changes: (cursor: string | undefined) =>
    api.call((client) => client.notes.changes({ urlParams: cursor === undefined ? {} : { cursor } }))
}))

export type NotesRemote = Effect.Effect.Success<typeof make>
