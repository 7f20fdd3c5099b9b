/**
 * Which signals a subscriber wants: told to the bus, and checked again here, for rules of others on the same connection.
 */
import type { Message } from "./Message.ts"

export interface MatchRule {
  /** A unique name: the bus compares nothing else with who really sent. */
  readonly sender: string
  readonly path: string
  readonly interface: string
  readonly member: string
  /** The first argument, when it matters. */
  readonly arg0?: string
}

const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`

export const render = (rule: MatchRule): string =>
  ["type='signal'", ...Object.entries(rule).map(([key, value]) => `${key}=${quoted(String(value))}`)].join(",")

export const matches = ({ arg0, ...rule }: MatchRule, signal: Message): boolean =>
  rule.sender === signal.sender
  && rule.path === signal.path
  && rule.interface === signal.interface
  && rule.member === signal.member
  && (arg0 === undefined || arg0 === signal.body[0])
