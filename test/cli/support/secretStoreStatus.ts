import { SecretStoreStatus, UnlockSlot } from "../../../src/domain/operations/Maintenance.ts"

export const slot = (id: number, type: string, { stale = false, usable = true } = {}) =>
  new UnlockSlot({ id, type, usable, stale })

/** Of a sound store. */
export const status = (fields: Partial<typeof SecretStoreStatus.Type> = {}) =>
  new SecretStoreStatus({
    location: "/home/ada/vault",
    exists: true,
    locked: false,
    generation: 7,
    entries: 3,
    slots: [slot(1, "keychain")],
    keySources: [{ type: "keychain", detail: "keychain (Secret Service, durable)" }],
    rollbackDetected: true,
    advice: [],
    ...fields
  })
