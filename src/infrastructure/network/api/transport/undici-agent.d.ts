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
