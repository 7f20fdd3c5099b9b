/**
 * The realtime connection.
 */
import * as MetricDefinition from "../MetricDefinition.ts"
import { define } from "../SpanDefinition.ts"

export const connect = define({
  name: "realtime.connect",
  kind: "client",
  doc: "Opening the socket, from credentials to the backend's welcome",
  attributes: {
    "server.address": "Host of the backend",
    "network.protocol.name": "`websocket`",
    "strata.realtime.channel_count": "Channels to subscribe again",
    "strata.realtime.attempt": "Failed attempts since the connection was last stable"
  }
})

export const reconnects = MetricDefinition.counter({
  name: "strata.realtime.reconnects",
  unit: "{connection}",
  doc: "Connections that ended although somebody still listened"
})

export const gaps = MetricDefinition.counter({
  name: "strata.realtime.gaps",
  unit: "{gap}",
  doc: "Times a listener was told that messages are missing",
  attributes: { "strata.realtime.gap": { doc: "Why", values: ["not_recovered", "hole", "slow_listener"] } }
})
