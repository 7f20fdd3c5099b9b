/**
 * Names of keys and tags that tell nothing to who has no secret (HMAC-SHA256), and what those stand for that this
 * process has met.
 */
import { LRUCache } from "lru-cache"
import { createHmac, createSecretKey } from "node:crypto"
import type { KeyObject } from "node:crypto"
import type { Barrier, Changes } from "./EntryStore.ts"

export type Kind = "key" | "tag"

export interface HiddenNames {
  /** Under another secret all names are others. */
  readonly setSecret: (secret: Uint8Array) => void

  /** `undefined` before there is a secret. */
  readonly hide: ((kind: Kind, name: string) => string) | undefined

  /** What a hidden name stands for, from who knows. */
  readonly learn: (hidden: string, name: string) => void

  /**
   * In plain names. What happened to keys that this process never met is not told. If it may have forgotten that it did,
   * everything changed.
   */
  readonly show: (changes: Changes) => Changes | undefined
}

/** A MAC costs ten times as much as looking it up. */
const recentLimit = 10_000

/** `limit`: how many names are remembered. */
export const make = (limit = 100_000): HiddenNames => {
  const plain = new Map<string, string>()
  /** The other way, for what is asked for often. */
  const recent: Record<Kind, LRUCache<string, string>> = {
    key: new LRUCache({ max: recentLimit }),
    tag: new LRUCache({ max: recentLimit })
  }
  let bytes: Uint8Array | undefined
  let hide: HiddenNames["hide"]
  let hasForgotten = false

  const forget = () => {
    hasForgotten ||= plain.size > 0
    plain.clear()
    recent.key.clear()
    recent.tag.clear()
  }

  const learn = (hidden: string, name: string) => {
    if (plain.size >= limit && !plain.has(hidden)) forget()
    plain.set(hidden, name)
  }

  const hideWith = (key: KeyObject) => (kind: Kind, name: string) => {
    const known = recent[kind].get(name)
    if (known !== undefined) return known
    const hidden = createHmac("sha256", key).update(`${kind} ${name}`).digest("base64url")
    learn(hidden, name)
    recent[kind].set(name, hidden)
    return hidden
  }

  /** A tag is told also when it has no name here: loads under way may turn out to have it. */
  const showBarrier = (barrier: Barrier): Barrier | undefined => {
    const { target } = barrier
    if (target._tag === "All") return barrier
    if (target._tag === "Tag") {
      return { ...barrier, target: { _tag: "Tag", tag: plain.get(target.tag) ?? target.tag } }
    }
    const name = plain.get(target.key)
    return name === undefined ? undefined : { ...barrier, target: { _tag: "Key", key: name } }
  }

  const isUnknown = ({ target }: Barrier) =>
    target._tag !== "All" && !plain.has(target._tag === "Key" ? target.key : target.tag)

  return {
    setSecret: (secret) => {
      if (bytes !== undefined && Buffer.from(bytes).equals(secret)) return
      forget()
      bytes = secret
      hide = hideWith(createSecretKey(secret))
    },
    get hide() {
      return hide
    },
    learn,
    show: ({ barriers, everything, keys }) => {
      if (hasForgotten && (barriers.some(isUnknown) || keys.some((each) => !plain.has(each)))) {
        hasForgotten = false
        return { keys: [], barriers: [], everything: true }
      }
      const changes = {
        keys: keys.flatMap((each) => plain.get(each) ?? []),
        barriers: barriers.flatMap((each) => showBarrier(each) ?? []),
        everything
      }
      return everything || changes.keys.length > 0 || changes.barriers.length > 0 ? changes : undefined
    }
  }
}
