/**
 * The signed-in person's profile.
 */
import { Context } from "effect"
import type { Stream } from "effect"
import type { RemoteFailure } from "../network/RemoteFailure.ts"
import type { SecretFailure } from "../storage/SecretFailure.ts"
import type { Snapshot } from "../storage/Snapshot.ts"
import type { Profile } from "./Profile.ts"

export class UserRepository extends Context.Tag("effect-strata/domain/user/UserRepository")<
  UserRepository,
  {
    /**
     * One snapshot, from the cache while that is fresh, else from the backend. While the backend does not give it, the
     * one that was read last is shown, with the `error`. Fails with `Unauthenticated` when nobody is signed in.
     */
    readonly profile: Stream.Stream<
      Snapshot<Profile, RemoteFailure | SecretFailure>,
      RemoteFailure | SecretFailure
    >
  }
>() {}
