import type { Message, Name, Question } from '@signpost/dns'
import type { Standing } from './abuse/clients.ts'

/** How a query came: `tls` is DNS over TLS, `https` DNS over HTTPS. */
export type Transport = 'udp' | 'tcp' | 'tls' | 'https'

/** Where a query came from. */
export interface Client {
  readonly address: string
  readonly port: number
}

/** One question on its way through the pipeline. */
export interface Query {
  /** What is looked up now. It differs from the message's question behind an alias. */
  readonly question: Question
  /** The names that led to this question, the client's first; empty for the client's own question. */
  readonly trail: readonly Name[]
  /** Further names that may be looked up for the client's question; shared by all questions that come of it. */
  readonly budget: { left: number }
  /** The client's message: flags and EDNS. */
  readonly message: Message
  readonly transport: Transport
  readonly client: Client
  /** The client does get what is sent to its address: the transport, or a DNS cookie (RFC 7873), shows it. */
  readonly addressProven: boolean
  /** What its address says about it. */
  readonly standing: Standing
  /** Aborts when the gateway stops. */
  readonly signal: AbortSignal
}

/**
 * The question that another one leads to; undefined where it leads back to a name on the trail, or where the
 * budget is spent. So whatever zones say, one question costs a bounded number of lookups.
 */
export function askNext(query: Query, name: Name, type: number = query.question.type): Query | undefined {
  const { question, trail, budget } = query
  if (budget.left <= 0 || name.equals(question.name) || trail.some(earlier => earlier.equals(name)))
    return undefined
  budget.left--
  return { ...query, question: { name, type, class: question.class }, trail: [...trail, question.name] }
}
