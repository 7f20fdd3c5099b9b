import * as PersistedCache from "@effect/experimental/PersistedCache"
import * as Persistence from "@effect/experimental/Persistence"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import type { PlatformError } from "@effect/platform/Error"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { Effect, Layer, PrimaryKey, Schema } from "effect"
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { PeerFailed } from "../Contender.ts"
import type { Contender, Contestant, Load, Place } from "../Contender.ts"
import { texts } from "../Texts.ts"

const requests = (version: Place["version"]) =>
  class Text extends Schema.TaggedRequest<Text>()("Text", {
    success: texts(version),
    failure: Schema.String,
    payload: { key: Schema.String }
  }) {
    [PrimaryKey.symbol]() {
      return this.key
    }
  }

export const open = ({ folder, timeToLiveMillis, version }: Place) =>
  Effect.gen(function*() {
    const Text = requests(version)
    const loads = new Map<string, Load>()
    const cache = yield* PersistedCache.make({
      storeId: "texts",
      inMemoryCapacity: 10_000,
      inMemoryTTL: timeToLiveMillis,
      timeToLive: () => timeToLiveMillis,
      lookup: ({ key }: InstanceType<typeof Text>) => loads.get(key) ?? Effect.dieMessage("It has no load")
    })
    return {
      get: (key: string, load: Load) =>
        Effect.suspend(() => {
          loads.set(key, load)
          return cache.get(new Text({ key }))
        }),
      remove: (key: string) => cache.invalidate(new Text({ key }))
    }
  }).pipe(Effect.provide(
    Persistence.layerResultKeyValueStore.pipe(
      Layer.provide(KeyValueStore.layerFileSystem(join(folder, "persisted"))),
      Layer.provide([NodeFileSystem.layer, NodePath.layer])
    )
  ))

/** Of what it wraps, when it wraps something. */
const peerFailed = (error: Persistence.PersistenceError | PlatformError) =>
  new PeerFailed({ cause: error.cause ?? error })

const overwriteFiles = (content: string) => (folder: string) => {
  const names = readdirSync(join(folder, "persisted"))
  if (names.length === 0) throw new Error("There was nothing to damage")
  for (const name of names) writeFileSync(join(folder, "persisted", name), content)
}

export const contender: Contender = {
  name: "PersistedCache",
  hasSchema: true,
  open: (place) =>
    Effect.mapBoth(open(place), {
      onSuccess: ({ get, remove }): Contestant => ({
        getOrLoad: (key, load) =>
          Effect.mapError(get(key, load), (error) => typeof error === "string" ? error : peerFailed(error)),
        remove: (key) => Effect.mapError(remove(key), peerFailed)
      }),
      onFailure: peerFailed
    }),
  damage: { file: overwriteFiles("garbage "), entries: overwriteFiles("[null,null]") }
}
