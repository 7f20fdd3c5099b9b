/**
 * Where the backend is: scheme, host and port, without a path, such as `https://api.example.com`.
 */
import { Context } from "effect"

export class ApiOrigin extends Context.Tag("effect-strata/infrastructure/network/api/ApiOrigin")<
  ApiOrigin,
  { readonly url: string }
>() {}
