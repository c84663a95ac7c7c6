import { ExtendedError, type Name } from '@signpost/dns'
import type { Endpoint } from '../endpoint.ts'
import { type Outcome, fromUpstream } from '../outcome.ts'
import type { Handler, Resolve } from '../handler.ts'
import type { Query } from '../query.ts'
import type { Asker } from '../upstream/ask.ts'
import { readResponse } from '../upstream/response.ts'
import { plainUpstream } from '../upstream/upstream.ts'
import { followAlias } from './alias.ts'

export interface Forwarding {
  /** In the order in which they are tried. */
  readonly upstreams: readonly Endpoint[]
  readonly asker: Asker
  /** Names that are answered here: what an upstream says about them is not taken. */
  readonly isOurs: (name: Name) => boolean
  /** The whole pipeline, for aliases that lead to names of ours. */
  readonly resolve: Resolve
}

/**
 * Asks the upstreams, which are recursive resolvers. Whatever they say is their word alone, over a path that anybody
 * may have touched: it is passed on without AA and AD (RFC 4035, section 4.9.3).
 */
export function forwardToUpstreams(forwarding: Forwarding): Handler {
  return query => {
    const { message } = query
    if (forwarding.upstreams.length === 0)
      return notServed('this gateway has no upstream for ordinary names; give it one: --upstream HOST[:PORT]')
    // RFC 8914, section 4.21. What is cached was answered before.
    if (!message.recursionDesired)
      return notServed('this name is not cached, and RD=0 asks not to look it up')
    return forward(forwarding, query)
  }
}

function notServed(text: string): Outcome {
  return { kind: 'refused', extendedError: { infoCode: ExtendedError.NOT_AUTHORITATIVE, text } }
}

async function forward(forwarding: Forwarding, query: Query): Promise<Outcome> {
  const { question, message } = query
  const result = await forwarding.asker.ask(forwarding.upstreams.map(plainUpstream), {
    question,
    recursionDesired: true,
    dnssecOk: message.edns?.dnssecOk === true,
    checkingDisabled: message.checkingDisabled,
  })
  if (result.kind === 'overloaded')
    return { kind: 'overloaded', text: 'too many questions are out at the upstreams; ask again in a moment' }
  if (result.kind === 'failed')
    return { kind: 'upstream-failed', text: result.reason, extendedErrors: result.extendedErrors }
  const reading = readResponse(result.message, question, forwarding.isOurs)
  switch (reading.kind) {
    case 'alias':
      return followAlias(query, reading.answers, reading.target, fromUpstream, forwarding.resolve)
    case 'loop':
      return { kind: 'loop', text: `the aliases come back to ${reading.target.toString()}` }
    case 'too-long':
      return { kind: 'too-long', text: 'the upstream says that a DNAME makes a name of over 255 octets' }
    case 'lame':
      return { kind: 'upstream-failed', text: 'the upstream gave neither an answer nor a denial' }
    case 'answer':
    case 'no-data':
    case 'no-name':
      return { ...reading, provenance: fromUpstream, age: 0 }
  }
}
