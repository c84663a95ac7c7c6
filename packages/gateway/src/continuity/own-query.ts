import { type Question, createQuery } from '@signpost/dns'
import type { Query } from '../query.ts'

/** A question that nobody asked but the gateway itself. */
export function ownQuery(question: Question, furtherNames: number, signal: AbortSignal): Query {
  return {
    question,
    trail: [],
    budget: { left: furtherNames },
    message: createQuery(question),
    transport: 'tcp',
    client: { address: '127.0.0.1', port: 0 },
    addressProven: true,
    standing: {
      allowed: true,
      unlimited: true,
      local: true,
      network: '127.0.0.1/32',
      target: '127.0.0.1/32',
    },
    signal,
  }
}
