import { assert, describe, it } from "@effect/vitest"
import * as NativeFailures from "../../../../../src/infrastructure/security/keychain/native/NativeFailures.ts"

const table: ReadonlyArray<readonly [string, string]> = [
  ["Platform failure: User interaction is not allowed. (-25308)", "KeychainUnavailable NonInteractiveSession"],
  ["The user name or passphrase you entered is not correct.", "AccessDenied "],
  ["OSStatus -25293", "AccessDenied "],
  ["A required entitlement isn't present. (-34018)", "AccessDenied "],
  ["User canceled the operation. (-128)", "PromptDismissed "],
  ["A default keychain could not be found.", "KeychainUnavailable NoDefaultCollection"],
  ["No keychain is available. You may need to restart your computer.", "KeychainUnavailable NoService"],
  ["Windows ERROR_NO_SUCH_LOGON_SESSION", "KeychainUnavailable NonInteractiveSession"],
  ["A specified logon session does not exist. (os error 1312)", "KeychainUnavailable NonInteractiveSession"],
  ["Access is denied. (os error 5)", "AccessDenied "],
  ["Entry is matched by 2 entries", "AmbiguousItem "],
  ["Data is not UTF-8 encoded", "ItemCorrupt "],
  ["failure -67671 for alice@example.com", "KeychainBackendError -67671"],
  ["alice@example.com", "KeychainBackendError Unknown"]
]

describe("errors of the native module", () => {
  it("are told apart by the system's number or text, of which nothing else is kept", () => {
    for (const [text, expected] of table) {
      const failure = NativeFailures.toKeychain("macos-keychain", text)
      const detail = "reason" in failure ? failure.reason : "code" in failure ? failure.code : ""
      assert.strictEqual(`${failure._tag} ${detail}`, expected, text)
    }
  })

  it("that mean absence are few", () => {
    assert.isTrue(NativeFailures.isAbsent("The specified item could not be found in the keychain. (-25300)"))
    assert.isTrue(NativeFailures.isAbsent("Element not found. (os error 1168)"))
    for (const [text] of table) assert.isFalse(NativeFailures.isAbsent(text), text)
  })
})
