/**
 * Names of the Secret Service API 0.2, and the attributes that `secret-tool` and `@napi-rs/keyring` use too.
 */
import type { ItemRef } from "../Keychain.ts"

export const backend = "secret-service"

export const service = "org.freedesktop.secrets"
export const servicePath = "/org/freedesktop/secrets"
export const properties = "org.freedesktop.DBus.Properties"

const prefix = "org.freedesktop.Secret"
export const serviceInterface = `${prefix}.Service`
export const collectionInterface = `${prefix}.Collection`
export const itemInterface = `${prefix}.Item`
export const promptInterface = `${prefix}.Prompt`

export const noPrompt = "/"
export const noCollection = "/"

/** What an item is looked up by. Less than what is written, so that items of other programs are found. */
export const query = ({ account, service: name }: ItemRef): ReadonlyMap<string, string> =>
  new Map([["service", name], ["username", account]])

/** What a new item is written with. */
export const attributes = (item: ItemRef): ReadonlyMap<string, string> =>
  new Map([...query(item), ["xdg:schema", "org.freedesktop.Secret.Generic"]])
