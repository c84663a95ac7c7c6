import { randomInt } from 'node:crypto'
import {
  EdnsOptionCode,
  type ExtendedErrorInfo,
  type Message,
  type Question,
  Rcode,
  createQuery,
  decodeExtendedError,
  printRcode,
} from '@signpost/dns'
import { type Endpoint, printEndpoint } from '../endpoint.ts'
import type { Limits } from '../limits.ts'
import type { Exchange, ExchangeResult } from './exchange.ts'

/** What to ask servers elsewhere. EDNS options of the client are not among it: they are between it and us. */
export interface Inquiry {
  readonly question: Question
  readonly recursionDesired: boolean
  readonly dnssecOk: boolean
  readonly checkingDisabled: boolean
}

export type AskResult =
  /** With rcode NOERROR or NXDOMAIN. */
  | { readonly kind: 'reply'; readonly message: Message }
  | {
      readonly kind: 'failed'
      readonly reason: string
      readonly extendedErrors: readonly ExtendedErrorInfo[]
    }
  | { readonly kind: 'overloaded' }

export interface AskStats {
  /** Requests sent, the repeated ones included. */
  readonly sent: number
  /** Requests without a usable reply. */
  readonly failed: number
}

/** Asks servers one after the other until one gives a usable reply. Never rejects. */
export interface Asker {
  ask(servers: readonly Endpoint[], inquiry: Inquiry): Promise<AskResult>
  stats(): AskStats
}

/** RFC 9715, section 3.1, and DNS Flag Day 2020: what arrives in one piece. */
const PAYLOAD_SIZE = 1232
/** Extended errors of another server that are passed on, and octets of each: they are kept with the failure. */
const MAX_EXTENDED_ERRORS = 4
const MAX_EXTENDED_ERROR = 512
/** Rounds through the servers that stay silent: one lost packet is not the end. */
const ROUNDS = 2

type AskLimits = Pick<Limits, 'upstreamTry' | 'upstreamTotal' | 'upstreamExchanges'>

/**
 * The same inquiry to the same servers goes out once, however many wait for it. That also keeps a forger from
 * multiplying the chances (RFC 5452, section 5).
 */
export function createAsker(exchange: Exchange, limits: AskLimits, signal: AbortSignal): Asker {
  const underWay = new Map<string, Promise<AskResult>>()
  let sent = 0
  let failed = 0

  async function askEach(servers: readonly Endpoint[], inquiry: Inquiry): Promise<AskResult> {
    const deadline = performance.now() + limits.upstreamTotal
    let left = [...servers]
    let failure: AskResult = { kind: 'failed', reason: 'there is no server to ask', extendedErrors: [] }
    for (let round = 0; round < ROUNDS; round++) {
      const silent: Endpoint[] = []
      for (const server of left) {
        const timeout = Math.min(limits.upstreamTry, deadline - performance.now())
        if (timeout <= 0 || signal.aborted) return failure
        sent++
        const result = await exchange(server, requestFor(inquiry, randomInt(0x10000)), timeout, signal)
        if (isUsable(result)) return { kind: 'reply', message: result.message }
        failed++
        failure = failureOf(server, result)
        if (result.kind === 'silence') silent.push(server)
      }
      left = silent
    }
    return failure
  }

  return {
    async ask(servers, inquiry) {
      const key = keyOf(servers, inquiry)
      const same = underWay.get(key)
      if (same !== undefined) return same
      if (underWay.size >= limits.upstreamExchanges) return { kind: 'overloaded' }
      const asking = askEach(servers, inquiry).finally(() => underWay.delete(key))
      underWay.set(key, asking)
      return asking
    },
    stats: () => ({ sent, failed }),
  }
}

function keyOf(servers: readonly Endpoint[], inquiry: Inquiry): string {
  const { question, recursionDesired, dnssecOk, checkingDisabled } = inquiry
  const flags = (recursionDesired ? 4 : 0) + (dnssecOk ? 2 : 0) + (checkingDisabled ? 1 : 0)
  return `${flags} ${question.type} ${servers.map(printEndpoint).join(' ')} ${question.name.key}`
}

/** The client's DO and CD go along (RFC 4035, section 3.2); its options, client subnet above all, do not. */
function requestFor(inquiry: Inquiry, id: number): Message {
  const { question, recursionDesired, dnssecOk, checkingDisabled } = inquiry
  const edns = { payloadSize: PAYLOAD_SIZE, version: 0, dnssecOk, flags: 0, options: [] }
  return createQuery(question, { id, recursionDesired, checkingDisabled, edns })
}

function isUsable(result: ExchangeResult): result is ExchangeResult & { readonly kind: 'reply' } {
  if (result.kind !== 'reply') return false
  const { message } = result
  return !message.truncated && (message.rcode === Rcode.NOERROR || message.rcode === Rcode.NXDOMAIN)
}

function failureOf(server: Endpoint, result: ExchangeResult): AskResult {
  const at = printEndpoint(server)
  switch (result.kind) {
    case 'silence':
      return { kind: 'failed', reason: `${at} did not answer in time`, extendedErrors: [] }
    case 'unreachable':
      return { kind: 'failed', reason: `${at} cannot be reached: ${result.reason}`, extendedErrors: [] }
    case 'reply':
      return {
        kind: 'failed',
        reason: `${at} answered ${printRcode(result.message.rcode)}`,
        extendedErrors: extendedErrorsIn(result.message),
      }
  }
}

function extendedErrorsIn(message: Message): ExtendedErrorInfo[] {
  return (message.edns?.options ?? [])
    .filter(({ code, data }) => code === EdnsOptionCode.EXTENDED_ERROR && data.length <= MAX_EXTENDED_ERROR)
    .slice(0, MAX_EXTENDED_ERRORS)
    .flatMap(option => decodeExtendedError(option) ?? [])
}
