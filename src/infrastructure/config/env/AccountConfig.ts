/**
 * The account to sign in with when nobody is asked.
 */
import { Context, Option } from "effect"
import type { Redacted } from "effect"
import { demoAccount } from "../constants/DemoAccount.ts"
import { SecretText, Text } from "./SettingSchemas.ts"
import * as Slice from "./Slice.ts"

export class AccountConfig extends Context.Tag("effect-strata/infrastructure/config/env/AccountConfig")<
  AccountConfig,
  { readonly credentials: Option.Option<{ readonly username: string; readonly password: Redacted.Redacted }> }
>() {}

export const slice: Slice.Slice<AccountConfig> = Slice.make({
  title: "Account",
  tag: AccountConfig,
  settings: {
    username: {
      key: "STRATA_USERNAME",
      schema: Text,
      doc:
        "The account to sign in with when nobody is asked. In `local` and `test`: an account of the embedded backend.",
      example: "ada@example.com",
      group: "account",
      defaults: { local: demoAccount.username, test: demoAccount.username }
    },
    password: {
      key: "STRATA_PASSWORD",
      schema: SecretText,
      doc: "Its password.",
      example: "a password",
      secret: true,
      group: "account",
      defaults: { local: demoAccount.password, test: demoAccount.password }
    }
  },
  make: (values) => ({ credentials: Option.all(values) })
})
