import { ExtendedError, type Name } from '@signpost/dns'
import { type Outcome, type Provenance, fromSecureUpstream, fromUpstream } from '../outcome.ts'
import type { Awaitable, Handler, Resolve } from '../handler.ts'
import type { Query } from '../query.ts'
import type { Choice, Forwarding } from '../upstream/forwarding.ts'
import { readResponse } from '../upstream/response.ts'
import { isSecure, printUpstream } from '../upstream/upstream.ts'
import { followAlias } from './alias.ts'

export interface ForwardParts {
  readonly forwarding: Pick<Forwarding, 'asker' | 'choose' | 'noteFailure' | 'routeOf'>
  /** Names that are answered here: what an upstream says about them is not taken. */
  readonly isOurs: (name: Name) => boolean
  /** The whole pipeline, for aliases that lead to names of ours, or of another route. */
  readonly resolve: Resolve
}

/**
 * Asks the upstreams, which are recursive resolvers. Whatever they say is their word alone, over a path that anybody
 * may have touched: it is passed on without AA and AD (RFC 4035, section 4.9.3).
 */
export function forwardToUpstreams(parts: ForwardParts): Handler {
  return query => {
    const choice = parts.forwarding.choose(query.question.name)
    return choice instanceof Promise
      ? choice.then(chosen => goOn(parts, query, chosen))
      : goOn(parts, query, choice)
  }
}

/** Asks past everything that is known: the upstreams each by itself, or whichever of them is best. */
export async function askUpstreams(
  parts: ForwardParts,
  query: Query,
  whom: 'every' | 'best',
): Promise<readonly Outcome[]> {
  const choice = await parts.forwarding.choose(query.question.name)
  const choices =
    whom === 'best' ? [choice] : choice.upstreams.map(upstream => ({ ...choice, upstreams: [upstream] }))
  return Promise.all(choices.map(async each => goOn(parts, query, each)))
}

function goOn(parts: ForwardParts, query: Query, choice: Choice): Awaitable<Outcome> {
  const refusal = refusalOf(choice)
  if (refusal !== undefined) return refusal
  // RFC 8914, section 4.21. What is cached was answered before.
  if (!query.message.recursionDesired)
    return notServed('this name is not cached, and RD=0 asks not to look it up')
  return forward(parts, query, choice)
}

/** Undefined where there is somebody to ask. */
function refusalOf({ route, upstreams, loops, isSystem }: Choice): Outcome | undefined {
  if (upstreams.length > 0) return undefined
  if (loops.length > 0) {
    const names = loops.map(printUpstream).join(', ')
    return {
      kind: 'upstream-failed',
      text: `a forwarding loop: ${names} asks this gateway itself; name another upstream`,
    }
  }
  if (isSystem)
    return {
      kind: 'upstream-failed',
      text: 'this machine has no DNS server to ask; name one as upstream, or connect it to a network',
    }
  return notServed(
    route === undefined
      ? 'this gateway has no upstream for ordinary names; give it one: --upstream HOST[:PORT]'
      : `names below ${route.domains.map(String).join(', ')} are not asked of anybody here`,
  )
}

function notServed(text: string): Outcome {
  return { kind: 'refused', extendedError: { infoCode: ExtendedError.NOT_AUTHORITATIVE, text } }
}

async function forward(parts: ForwardParts, query: Query, choice: Choice): Promise<Outcome> {
  const { forwarding, isOurs, resolve } = parts
  const { question, message } = query
  const result = await forwarding.asker.ask(
    choice.upstreams,
    {
      question,
      recursionDesired: true,
      dnssecOk: message.edns?.dnssecOk === true,
      checkingDisabled: message.checkingDisabled,
    },
    { measure: true },
  )
  if (result.kind === 'overloaded')
    return { kind: 'overloaded', text: 'too many questions are out at the upstreams; ask again in a moment' }
  if (result.kind === 'failed') {
    forwarding.noteFailure(choice)
    return { kind: 'upstream-failed', text: result.reason, extendedErrors: result.extendedErrors }
  }
  // An upstream speaks for the names that are asked of it.
  const isElsewhere = (name: Name): boolean => isOurs(name) || forwarding.routeOf(name) !== choice.route
  const said = isSecure(result.server) ? fromSecureUpstream : fromUpstream
  const provenance: Provenance = choice.origin === undefined ? said : { ...said, origin: choice.origin }
  const reading = readResponse(result.message, question, isElsewhere)
  switch (reading.kind) {
    case 'alias':
      return followAlias(query, reading.answers, reading.target, provenance, resolve)
    case 'loop':
      return { kind: 'loop', text: `the aliases come back to ${reading.target.toString()}` }
    case 'too-long':
      return { kind: 'too-long', text: 'the upstream says that a DNAME makes a name of over 255 octets' }
    case 'lame':
      return { kind: 'upstream-failed', text: 'the upstream gave neither an answer nor a denial' }
    case 'answer':
    case 'no-data':
    case 'no-name':
      return { ...reading, provenance, age: 0 }
  }
}
