/**
 * Notes at the backend.
 */
import { Effect } from "effect"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import { Unavailable } from "../../../domain/network/RemoteFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import { ApiClient } from "../../network/api/ApiClient.ts"
import { repeatable } from "../../network/api/CallOptions.ts"
import type { Mutation, MutationResult } from "../../network/api/contract/NotesApi.ts"

/** A mutation with what became of it. */
export interface Outcome {
  readonly mutation: Mutation
  readonly result: MutationResult
}

export const make = Effect.gen(function*() {
  const api = yield* ApiClient

  const send = (mutations: ReadonlyArray<Mutation>) =>
    Effect.gen(function*() {
      const { results } = yield* repeatable(api.call((client) => client.notes.mutate({ payload: { mutations } })))
      const byId = new Map(results.map((result) => [result.mutationId, result]))
      const outcomes: Array<Outcome> = []
      for (const mutation of mutations) {
        const result = byId.get(mutation.mutationId)
        if (result === undefined) return yield* new Unavailable({})
        outcomes.push({ mutation, result })
      }
      return outcomes
    })

  /**
   * A batch that is refused as a whole is halved, so that the one mutation at fault does not hold up the others. An
   * answer from outside the contract, such as a captive portal's, says nothing of any mutation.
   */
  const mutate = (
    mutations: ReadonlyArray<Mutation>
  ): Effect.Effect<ReadonlyArray<Outcome>, RemoteFailure | SecretFailure> =>
    Effect.catchTag(send(mutations), "Rejected", (refusal) => {
      if (refusal.unexplained === true) return Effect.fail(refusal)
      const [mutation, ...others] = mutations
      if (mutation === undefined) return Effect.succeed([])
      if (others.length === 0) {
        return Effect.succeed([{
          mutation,
          result: { _tag: "Rejected", mutationId: mutation.mutationId, reason: refusal.message }
        }])
      }
      const middle = Math.ceil(mutations.length / 2)
      return Effect.zipWith(
        mutate(mutations.slice(0, middle)),
        mutate(mutations.slice(middle)),
        (first, second) => [...first, ...second]
      )
    })

  return {
    /** One outcome per mutation, in their order. An answer that leaves one out is no answer. */
    mutate,

    changes: (cursor: string | undefined) =>
      api.call((client) => client.notes.changes({ urlParams: cursor === undefined ? {} : { cursor } }))
  }
})
