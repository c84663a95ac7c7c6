import { randomInt } from 'node:crypto'
import { Name, RrClass, RrType } from '@signpost/dns'
import { RecentMap } from '../abuse/recent-map.ts'
import type { Limits } from '../limits.ts'
import type { Exchange, ExchangeResult } from './exchange.ts'
import { failureOf, isBogus } from './failure.ts'
import { Health, type ServerHealth } from './health.ts'
import { type Inquiry, keyOfInquiry, requestFor, suggestsNoEdns, usableReply } from './inquiry.ts'
import { monotonicNow } from './monotonic.ts'
import { type RaceResult, race } from './race.ts'
import { BRIEF_TIME, ServerNotes } from './server-notes.ts'
import { type Upstream, printUpstream } from './upstream.ts'

export type AskResult = RaceResult | { readonly kind: 'overloaded' }

export interface AskStats {
  /** Requests sent, the repeated ones included. */
  readonly sent: number
  /** Requests without a usable reply. */
  readonly failed: number
}

type Counts = { -readonly [K in keyof AskStats]: AskStats[K] }

/**
 * What a server is asked to learn whether it is itself that fails: every resolver has the answer at hand, and every other
 * server says at least that it has none.
 */
const OWN_INQUIRY: Inquiry = {
  question: { name: Name.root, type: RrType.NS, class: RrClass.IN },
  recursionDesired: true,
  dnssecOk: false,
  checkingDisabled: false,
}

/** Those to which zones hand labels are the zones' choice. */
const SERVERS_COUNTED = 2000

export interface AskOptions {
  /** Whether servers may be asked only to learn how they are. False where absent. */
  readonly measure?: boolean
}

/** Asks servers until one gives a usable reply, with rcode NOERROR, NXDOMAIN or YXDOMAIN. */
export interface Asker {
  /** @param servers in the order in which they are asked while nothing is known of them. */
  ask(servers: readonly Upstream[], inquiry: Inquiry, options?: AskOptions): Promise<AskResult>
  stats(): AskStats
  healthOf(server: Upstream): ServerHealth
  countsOf(server: Upstream): AskStats
}

export type AskLimits = Pick<
  Limits,
  'upstreamTry' | 'upstreamTotal' | 'upstreamExchanges' | 'upstreamPatience' | 'upstreamProbe'
>

/** How many requests are out, by all who share the bound. */
export interface RequestCount {
  out: number
}

/**
 * The same inquiry to the same servers goes out once, however many wait for it. That also keeps a forger from
 * multiplying the chances (RFC 5452, section 5).
 */
export function createAsker(
  exchange: Exchange,
  limits: AskLimits,
  signal: AbortSignal,
  requests: RequestCount = { out: 0 },
): Asker {
  const health = new Health(limits)
  const withoutEdns = new ServerNotes<true>(BRIEF_TIME)
  const underWay = new Map<string, Promise<RaceResult>>()
  const counts = new RecentMap<Counts>(SERVERS_COUNTED)
  const total: Counts = { sent: 0, failed: 0 }

  const countsOf = (server: Upstream): Counts => {
    const name = printUpstream(server)
    const known = counts.get(name)
    if (known !== undefined) return known
    const fresh = { sent: 0, failed: 0 }
    counts.add(name, fresh)
    return fresh
  }

  const send = async (
    server: Upstream,
    inquiry: Inquiry,
    plain: boolean,
    timeout: number,
  ): Promise<ExchangeResult> => {
    const own = countsOf(server)
    own.sent++
    total.sent++
    const result = await exchange(server, requestFor(inquiry, randomInt(0x10000), plain), timeout, signal)
    if (usableReply(result) === undefined) {
      own.failed++
      total.failed++
    }
    return result
  }

  const attempt = async (server: Upstream, inquiry: Inquiry, timeout: number): Promise<ExchangeResult> => {
    const name = printUpstream(server)
    const deadline = monotonicNow() + timeout
    const plain = withoutEdns.of(name, monotonicNow()) === true
    requests.out++
    try {
      const result = await send(server, inquiry, plain, timeout)
      if (plain || result.kind !== 'reply' || !suggestsNoEdns(result.message)) return result
      const again = await send(server, inquiry, true, Math.max(1, deadline - monotonicNow()))
      if (usableReply(again) === undefined) return result
      withoutEdns.write(name, true, monotonicNow())
      return again
    } finally {
      requests.out--
    }
  }

  const probe = async (server: Upstream): Promise<void> => {
    const sentAt = monotonicNow()
    const request = requestFor(OWN_INQUIRY, randomInt(0x10000), false)
    const result = await exchange(server, request, limits.upstreamTry, signal)
    const saysBogus = usableReply(result) === undefined && isBogus(failureOf(server, result))
    const finding = result.kind !== 'reply' ? 'silent' : saysBogus ? 'bogus' : 'answered'
    health.probed(printUpstream(server), finding, sentAt, monotonicNow())
  }

  return {
    async ask(servers, inquiry, { measure = false } = {}) {
      const key = `${keyOfInquiry(inquiry)} ${servers.map(printUpstream).join(' ')}`
      const same = underWay.get(key)
      if (same !== undefined) return same
      if (requests.out >= limits.upstreamExchanges) return { kind: 'overloaded' }
      const asking = race(servers, {
        health,
        attempt: (server, timeout) => attempt(server, inquiry, timeout),
        probe: server => void probe(server),
        // Half of it is for first requests alone: else a flood of names that nobody answers, each asked again and again,
        // would keep all others out.
        hasRoom: () => requests.out < limits.upstreamExchanges / 2,
        now: monotonicNow,
        tryFor: limits.upstreamTry,
        totalFor: limits.upstreamTotal,
        signal,
        measure,
      }).finally(() => underWay.delete(key))
      underWay.set(key, asking)
      return asking
    },
    stats: () => ({ ...total }),
    healthOf: server => health.read(printUpstream(server)),
    countsOf: server => ({ ...countsOf(server) }),
  }
}
