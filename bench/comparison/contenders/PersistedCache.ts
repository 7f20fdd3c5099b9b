import * as PersistedCache from "@effect/experimental/PersistedCache"
import * as Persistence from "@effect/experimental/Persistence"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { Effect, Layer, PrimaryKey, Schema } from "effect"
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Contender, Failure, Place } from "../Contender.ts"
import { texts } from "../Texts.ts"

const requests = (version: Place["version"]) =>
  class Text extends Schema.TaggedRequest<Text>()("Text", {
    success: texts(version),
    failure: Schema.Unknown,
    payload: { key: Schema.String }
  }) {
    [PrimaryKey.symbol]() {
      return this.key
    }
  }

export const open = ({ folder, timeToLiveMillis, version }: Place) =>
  Effect.gen(function*() {
    const Text = requests(version)
    const loads = new Map<string, Effect.Effect<string, Failure>>()
    const cache = yield* PersistedCache.make({
      storeId: "texts",
      inMemoryCapacity: 10_000,
      inMemoryTTL: timeToLiveMillis,
      timeToLive: () => timeToLiveMillis,
      lookup: ({ key }: InstanceType<typeof Text>) => loads.get(key) ?? Effect.dieMessage("It has no load")
    })
    return {
      get: (key: string, load: Effect.Effect<string, Failure>) =>
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

const overwriteFiles = (content: string) => (folder: string) => {
  const names = readdirSync(join(folder, "persisted"))
  if (names.length === 0) throw new Error("There was nothing to damage")
  for (const name of names) writeFileSync(join(folder, "persisted", name), content)
}

export const contender: Contender = {
  name: "PersistedCache",
  hasSchema: true,
  open: (place) => Effect.map(open(place), ({ get, remove }) => ({ getOrLoad: get, remove })),
  damage: { file: overwriteFiles("garbage "), entries: overwriteFiles("[null,null]") }
}
