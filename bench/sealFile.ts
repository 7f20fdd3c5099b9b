/** Seals argv's first file into its second under a key that nobody keeps, and prints the most memory it held, in KiB. */
import { Effect } from "effect"
import * as Keyset from "../src/infrastructure/security/encryption/Keyset.ts"
import * as StreamingFile from "../src/infrastructure/security/encryption/StreamingFile.ts"

const [, , source = "", target = ""] = process.argv
const keyset = Keyset.generate("AES_256_GCM_HKDF_1MB")
await Effect.runPromise(StreamingFile.seal(keyset, { source, target }, new Uint8Array(0)))
process.stdout.write(`${process.resourceUsage().maxRSS}`)
