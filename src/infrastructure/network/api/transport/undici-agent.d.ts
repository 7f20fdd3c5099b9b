/**
 * The agents alone: the package's main module loads its `fetch`, WebSocket and mocks too.
 */
declare module "undici/lib/dispatcher/agent.js" {
  import type { Agent } from "undici"

  const agent: typeof Agent
  export default agent
}

declare module "undici/lib/dispatcher/proxy-agent.js" {
  import type { ProxyAgent } from "undici"

  const agent: typeof ProxyAgent
  export default agent
}

declare module "undici/lib/dispatcher/pool.js" {
  import type { Pool } from "undici"

  const pool: typeof Pool
  export default pool
}

declare module "undici/lib/api/api-connect.js" {
  import type { Dispatcher } from "undici"

  const connect: (this: Dispatcher, options: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData>
  export default connect
}

declare module "undici/lib/core/connect.js" {
  import type { buildConnector } from "undici"

  const build: typeof buildConnector
  export default build
}
