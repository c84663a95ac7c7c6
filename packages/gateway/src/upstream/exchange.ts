import type { Message } from '@signpost/dns'
import type { Upstream } from './upstream.ts'

/** What came of one request to one server. */
export type ExchangeResult =
  | { readonly kind: 'reply'; readonly message: Message }
  | { readonly kind: 'silence' }
  | { readonly kind: 'unreachable'; readonly reason: string }

/**
 * One request to one server, and the reply that belongs to it: the port that other transports to upstreams
 * implement too. Never rejects.
 * @param timeout milliseconds.
 * @param signal aborts when the gateway stops: the result is then `silence`.
 */
export type Exchange = (
  server: Upstream,
  request: Message,
  timeout: number,
  signal: AbortSignal,
) => Promise<ExchangeResult>
