/**
 * Calls to the service's objects, with replies checked for their shape.
 */
import { Effect, Option, Schema } from "effect"
import * as Connection from "../dbus/Connection.ts"
import type { Value } from "../dbus/Value.ts"
import type { ItemRef } from "../Keychain.ts"
import * as Names from "./Names.ts"
import type { ServiceSession } from "./ServiceSession.ts"

const Paths = Schema.Array(Schema.String)
const noShape = Schema.is(Schema.Array(Schema.Unknown))
const onePath = Schema.is(Schema.Tuple(Schema.String))
const twoPaths = Schema.is(Schema.Tuple(Schema.String, Schema.String))
const twoPathLists = Schema.is(Schema.Tuple(Paths, Paths))
const pathsAndPath = Schema.is(Schema.Tuple(Paths, Schema.String))
const secret = Schema.is(
  Schema.Tuple(Schema.Tuple(Schema.String, Schema.Uint8ArrayFromSelf, Schema.Uint8ArrayFromSelf, Schema.String))
)
const lockedProperty = Schema.is(Schema.Tuple(Schema.Struct({ signature: Schema.Literal("b"), value: Schema.Boolean })))
const attributesProperty = Schema.is(
  Schema.Tuple(
    Schema.Struct({
      signature: Schema.Literal("a{ss}"),
      value: Schema.MapFromSelf({ key: Schema.String, value: Schema.String })
    })
  )
)

const call = <A>(
  { connection, owner }: ServiceSession,
  at: { readonly path: string; readonly interface: string; readonly member: string },
  is: (body: unknown) => body is A,
  signature = "",
  body: ReadonlyArray<Value> = []
) => Effect.flatMap(connection.call({ ...at, destination: owner, signature, body }), Connection.bodyOf(is))

const service = { path: Names.servicePath, interface: Names.serviceInterface } as const

/** `none` when there is no default collection. */
export const defaultCollection = (session: ServiceSession) =>
  Effect.map(
    call(session, { ...service, member: "ReadAlias" }, onePath, "s", ["default"]),
    ([path]) => path === Names.noCollection ? Option.none() : Option.some(path)
  )

export const isLocked = (session: ServiceSession, collection: string) =>
  Effect.map(
    call(session, { path: collection, interface: Names.properties, member: "Get" }, lockedProperty, "ss", [
      Names.collectionInterface,
      "Locked"
    ]),
    ([{ value }]) => value
  )

export interface Found {
  readonly unlocked: ReadonlyArray<string>
  readonly locked: ReadonlyArray<string>
}

/** In all collections, by attributes that an item has to have, among others. */
export const search = (session: ServiceSession, attributes: ReadonlyMap<string, string>) =>
  Effect.map(
    call(session, { ...service, member: "SearchItems" }, twoPathLists, "a{ss}", [attributes]),
    ([unlocked, locked]): Found => ({ unlocked, locked })
  )

export const attributesOf = (session: ServiceSession, item: string) =>
  Effect.map(
    call(session, { path: item, interface: Names.properties, member: "Get" }, attributesProperty, "ss", [
      Names.itemInterface,
      "Attributes"
    ]),
    ([{ value }]): ReadonlyMap<string, string> => value
  )

/** `none` when it does not decrypt with the session's key. */
export const secretOf = (session: ServiceSession, item: string) =>
  Effect.map(
    call(session, { path: item, interface: Names.itemInterface, member: "GetSecret" }, secret, "o", [session.path]),
    ([[path, parameters, value]]) =>
      path === session.path ? session.cipher.open(parameters, value) : Option.none<Uint8Array>()
  )

const sealed = ({ cipher, path }: ServiceSession, bytes: Uint8Array): ReadonlyArray<Value> => {
  const { parameters, value } = cipher.seal(bytes)
  return [path, parameters, value, "application/octet-stream"]
}

/** The item keeps its attributes. */
export const replaceSecret = (session: ServiceSession, item: string, bytes: Uint8Array) =>
  Effect.asVoid(
    call(session, { path: item, interface: Names.itemInterface, member: "SetSecret" }, noShape, "(oayays)", [
      sealed(session, bytes)
    ])
  )

/** Answers with the prompt that has to be run first, or `/`. Replaces an item of the same attributes. */
export const createItem = (session: ServiceSession, collection: string, item: ItemRef, bytes: Uint8Array) => {
  const label = new Map<string, Value>([
    [`${Names.itemInterface}.Label`, { signature: "s", value: item.service }],
    [`${Names.itemInterface}.Attributes`, { signature: "a{ss}", value: Names.attributes(item) }]
  ])
  return Effect.map(
    call(
      session,
      { path: collection, interface: Names.collectionInterface, member: "CreateItem" },
      twoPaths,
      "a{sv}(oayays)b",
      [label, sealed(session, bytes), true]
    ),
    ([, prompt]) => prompt
  )
}

/** Answers with the prompt that has to be run first, or `/`. */
export const deleteItem = (session: ServiceSession, item: string) =>
  Effect.map(
    call(session, { path: item, interface: Names.itemInterface, member: "Delete" }, onePath),
    ([prompt]) => prompt
  )

/** Answers with the prompt that has to be run first, or `/`. */
export const unlock = (session: ServiceSession, objects: ReadonlyArray<string>) =>
  Effect.map(
    call(session, { ...service, member: "Unlock" }, pathsAndPath, "ao", [objects]),
    ([, prompt]) => prompt
  )
