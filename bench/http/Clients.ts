/**
 * Everything that is measured, by name. Each is loaded on its own, so that none pays for another.
 */
import type { Client } from "./Client.ts"

type Open = () => Promise<(url: string) => Client>

const others = () => import("./PromiseClients.ts")
const ours = () => import("./EffectClients.ts")
const traced = () => import("./Traced.ts")

const clients = {
  "undici.request": async () => (await others()).raw(),
  "undici + cockatiel": async () => (await others()).cockatiel(),
  "fetch": async () => (await others()).fetched(),
  "axios": async () => (await others()).axios(),
  "got": async () => (await others()).got(),
  "ky": async () => (await others()).ky(),
  "Effect layerUndici": async () => (await ours()).layerUndici((await traced()).off),
  "Effect layerUndici, traced": async () => (await ours()).layerUndici((await traced()).production),
  "our transport": async () => (await ours()).bare((await traced()).off),
  "our pipeline": async () => (await ours()).pipeline((await traced()).off),
  "our pipeline, a line per call": async () => (await ours()).pipeline((await traced()).lines),
  "our pipeline, traced": async () => (await ours()).pipeline((await traced()).production),
  "our pipeline, Effect's tracer": async () => (await ours()).pipeline((await traced()).native)
} satisfies Record<string, Open>

export type ClientName = keyof typeof clients

// oxlint-disable-next-line typescript/no-unsafe-type-assertion
export const clientNames = Object.keys(clients) as ReadonlyArray<ClientName>

/** Those that are installed apart. */
export const peers: ReadonlySet<ClientName> = new Set(["undici + cockatiel", "axios", "got", "ky"])

export const open = (name: ClientName) => clients[name]()

export const isClientName = (name: string | undefined): name is ClientName => clientNames.some((each) => each === name)
