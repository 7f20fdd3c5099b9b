/**
 * How values travel over the bus: the API's `dh-ietf1024-sha256-aes128-cbc-pkcs7`, or plain. It keeps values out of
 * traces of the bus; it authenticates nobody.
 */
import { Option } from "effect"
import { createCipheriv, createDecipheriv, createDiffieHellmanGroup, hkdfSync, randomBytes } from "node:crypto"

export const algorithm = "dh-ietf1024-sha256-aes128-cbc-pkcs7"

export interface SessionCipher {
  readonly seal: (value: Uint8Array) => { readonly parameters: Uint8Array; readonly value: Uint8Array }
  /** `none` when it is not what the session's key sealed. */
  readonly open: (parameters: Uint8Array, value: Uint8Array) => Option.Option<Uint8Array>
}

export const plain: SessionCipher = {
  seal: (value) => ({ parameters: new Uint8Array(0), value }),
  open: (_, value) => Option.some(value)
}

const aes = (key: Uint8Array): SessionCipher => ({
  seal: (value) => {
    const parameters = randomBytes(16)
    const cipher = createCipheriv("aes-128-cbc", key, parameters)
    return { parameters, value: Buffer.concat([cipher.update(value), cipher.final()]) }
  },
  open: Option.liftThrowable((parameters, value) => {
    const decipher = createDecipheriv("aes-128-cbc", key, parameters)
    const first = decipher.update(value)
    const last = decipher.final()
    const whole = new Uint8Array(first.length + last.length)
    whole.set(first)
    whole.set(last, first.length)
    first.fill(0)
    last.fill(0)
    return whole
  })
})

/** A fresh key pair in RFC 2409's second Oakley group, and the cipher that the other side's public key gives. */
export const diffieHellman = () => {
  const keys = createDiffieHellmanGroup("modp2")
  const publicKey: Uint8Array = keys.generateKeys()
  return {
    publicKey,
    /** `none` for a key outside the group. */
    agree: Option.liftThrowable((theirs: Uint8Array): SessionCipher => {
      const shared = keys.computeSecret(theirs)
      const key = new Uint8Array(hkdfSync("sha256", shared, new Uint8Array(0), new Uint8Array(0), 16))
      shared.fill(0)
      return aes(key)
    })
  }
}
