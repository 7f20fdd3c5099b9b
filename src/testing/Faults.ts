/**
 * Scripted faults on any port: what its Effects, Streams and functions give can fail, wait, hang or come back changed,
 * in the runner's time.
 */
import { Context, Effect, Layer, Random, Stream } from "effect"
import type { Duration } from "effect"

/** What a member of a port gives in the end, through however many functions. */
type Given<Member> = Member extends (...arguments_: never) => infer Result ? Given<Result> : Member

/** What it fails with; `unknown` where the caller's own failures pass through. */
export type FailureOf<Member> = Given<Member> extends Effect.Effect<infer _A, infer E, infer _R> ? E
  : Given<Member> extends Stream.Stream<infer _A, infer E, infer _R> ? E
  : never

/** What it succeeds with, or emits. */
export type ValueOf<Member> = Given<Member> extends Effect.Effect<infer A, infer _E, infer _R> ? A
  : Given<Member> extends Stream.Stream<infer A, infer _E, infer _R> ? A
  : never

/** The members that can have faults. */
export type MethodOf<Service> = {
  [Name in keyof Service]: Given<Service[Name]> extends
    Effect.Effect<infer _A, infer _E, infer _R> | Stream.Stream<infer _A, infer _E, infer _R> ? Name
    : never
}[keyof Service]

export interface Call<Service> {
  readonly method: MethodOf<Service>
  readonly arguments: ReadonlyArray<unknown>
}

export interface Limit {
  /** How many calls have the fault; all of them unless told. */
  readonly times?: number
}

/**
 * Several faults of one method work one after the other, in the order they were scripted. A call that fails or hangs
 * leaves the faults after that one to the next call; one that is delayed or changed has the next fault as well.
 */
export interface Faults<Service, Provided, E, R> {
  /** The given layer, with the faults. */
  readonly layer: Layer.Layer<Provided, E, R>
  /** Calls fail at once and do nothing. */
  readonly fail: <Method extends MethodOf<Service>>(
    method: Method,
    failure: FailureOf<Service[Method]>,
    limit?: Limit
  ) => Effect.Effect<void>
  /** Each call fails at once with `probability`; `seed` makes it the same calls in each run. */
  readonly flaky: <Method extends MethodOf<Service>>(
    method: Method,
    failure: FailureOf<Service[Method]>,
    options: { readonly probability: number; readonly seed: string }
  ) => Effect.Effect<void>
  /** Calls begin later. */
  readonly delay: (
    method: MethodOf<Service>,
    duration: Duration.DurationInput,
    limit?: Limit
  ) => Effect.Effect<void>
  /** Calls do nothing, and end only by interruption. */
  readonly hang: (method: MethodOf<Service>, limit?: Limit) => Effect.Effect<void>
  /** Calls give something else. */
  readonly corrupt: <Method extends MethodOf<Service>>(
    method: Method,
    change: (value: ValueOf<Service[Method]>) => ValueOf<Service[Method]>,
    limit?: Limit
  ) => Effect.Effect<void>
  /** No more faults. */
  readonly heal: Effect.Effect<void>
  /** What was run so far, with or without faults; functions count when what they gave is run. */
  readonly calls: Effect.Effect<ReadonlyArray<Call<Service>>>
}

type AnyEffect = Effect.Effect<unknown, unknown, unknown>
type AnyStream = Stream.Stream<unknown, unknown, unknown>

interface Rule {
  readonly method: PropertyKey
  readonly strikes: Effect.Effect<boolean>
  readonly onEffect: (effect: AnyEffect) => AnyEffect
  readonly onStream: (stream: AnyStream) => AnyStream
  /** Nothing comes after it. */
  readonly ends: boolean
  left: number
}

const isStream = (value: unknown): value is AnyStream =>
  typeof value === "object" && value !== null && Stream.StreamTypeId in value

/** `layer` with faults for the port `tag`. Other services of the layer stay as they are. */
export const withFaults = <Id, Service extends object, Others, E, R>(
  tag: Context.Tag<Id, Service>,
  layer: Layer.Layer<Id | Others, E, R>
): Effect.Effect<Faults<Service, Id | Others, E, R>> =>
  Effect.sync(() => {
    let rules: ReadonlyArray<Rule> = []
    const calls: Array<Call<Service>> = []

    const striking = (method: PropertyKey, arguments_: ReadonlyArray<unknown>) =>
      Effect.gen(function*() {
        calls.push({ method: method as MethodOf<Service>, arguments: arguments_ })
        const found: Array<Rule> = []
        for (const rule of rules) {
          if (rule.method !== method || rule.left === 0) continue
          rule.left -= 1
          if (!(yield* rule.strikes)) continue
          found.push(rule)
          if (rule.ends) break
        }
        return found
      })

    const intercept = (
      method: PropertyKey,
      member: unknown,
      arguments_: ReadonlyArray<unknown>,
      self?: Service
    ): unknown => {
      if (Effect.isEffect(member)) {
        // @effect-diagnostics-next-line anyUnknownInErrorContext:off -- any port has faults alike
        return Effect.flatMap(striking(method, arguments_), (found) =>
          found.reduceRight<AnyEffect>((effect, { onEffect }) => onEffect(effect), member))
      }
      if (isStream(member)) {
        return Stream.unwrap(Effect.map(striking(method, arguments_), (found) =>
          found.reduceRight((stream, { onStream }) =>
            onStream(stream), member)))
      }
      // A function with members of its own, such as a statement constructor, is more than its calls.
      if (typeof member !== "function" || Object.keys(member).length > 0) {
        return member
      }
      return (...more: ReadonlyArray<unknown>) =>
        intercept(method, Reflect.apply(member, self, more), [...arguments_, ...more])
    }

    /** An empty object in front, because a proxy may not change what a frozen one says. */
    const wrap = (service: Service): Service => {
      const member = (name: PropertyKey) =>
        intercept(name, Reflect.get(service, name), [], service)
      return new Proxy<Service>(Object.create(service), {
        get: (_, name) =>
          member(name),
        ownKeys: () =>
          Reflect.ownKeys(service),
        getOwnPropertyDescriptor: (_, name) => ({ configurable: true, enumerable: true, value: member(name) })
      })
    }

    const add = (
      method: PropertyKey,
      onEffect: Rule["onEffect"],
      onStream: Rule["onStream"],
      { ends = false, strikes = Effect.succeed(true), times = Infinity }:
        & Limit
        & Partial<Pick<Rule, "ends" | "strikes">> = {}
    ) =>
      Effect.sync(() => {
        rules = [...rules, { method, onEffect, onStream, strikes, ends, left: times }]
      })

    return {
      layer: Layer.map(layer, (context) => Context.add(context, tag, wrap(Context.get(context, tag)))),
      fail: (method, failure, limit) =>
        add(method, () => Effect.fail(failure), () => Stream.fail(failure), { ...limit, ends: true }),
      flaky: (method, failure, { probability, seed }) =>
        Effect.suspend(() => {
          const random = Random.make(seed)
          const strikes = Effect.map(random.next, (number) => number < probability)
          return add(method, () => Effect.fail(failure), () => Stream.fail(failure), { strikes, ends: true })
        }),
      delay: (method, duration, limit) =>
        add(
          method,
          Effect.delay(duration),
          (stream) => Stream.unwrap(Effect.as(Effect.sleep(duration), stream)),
          limit
        ),
      hang: (method, limit) => add(method, () => Effect.never, () => Stream.never, { ...limit, ends: true }),
      corrupt: <Method extends MethodOf<Service>>(
        method: Method,
        change: (value: ValueOf<Service[Method]>) => ValueOf<Service[Method]>,
        limit?: Limit
      ) => {
        const changed = (value: unknown) => change(value as ValueOf<Service[Method]>)
        return add(method, Effect.map(changed), Stream.map(changed), limit)
      },
      heal: Effect.sync(() => {
        rules = []
      }),
      calls: Effect.sync(() => [...calls])
    }
  })
