import { type Name, type Question, type ResourceRecord, RrClass, RrType } from '@signpost/dns'
import type { Awaitable } from '../../handler.ts'
import { type Ask, askInTime } from '../dnssec/ask.ts'
import type { Validator } from '../dnssec/validator.ts'
import { type Verdict, isDoubt, provesUnsigned } from '../dnssec/verdict.ts'
import type { Sighting } from './decide.ts'
import { pinNameOf, readPinWord } from './pin-word.ts'

export interface LookParts {
  readonly ask: Ask
  readonly validator: Validator
  /** Whether questions about a name reach upstreams over TLS or HTTPS alone. */
  readonly isSecured: (name: Name) => Awaitable<boolean>
}

/**
 * Looks at what a domain says at `_signpost`. Of the many that say nothing one question is asked.
 * @param isKnown something is known of it already, so that a proof of its absence is news.
 */
export async function lookAt(
  { ask, validator, isSecured }: LookParts,
  domain: Name,
  isKnown: boolean,
  signal: AbortSignal,
): Promise<Sighting> {
  const name = pinNameOf(domain)
  const question: Question = { name, type: RrType.TXT, class: RrClass.IN }
  if (!isKnown) {
    const reply = await askInTime(ask, question, signal)
    if (isDoubt(reply)) return { kind: 'nothing', reason: reply.reason }
    if (readPinWord(reply.message.answers).kind === 'none')
      return { kind: 'nothing', reason: 'it has no pin' }
  }
  const verdict = await validator.lookUp(question, signal)
  return sightingOf(verdict, domain, await isSecured(name))
}

export function sightingOf(verdict: Verdict, domain: Name, isSecured: boolean): Sighting {
  const seen = (by: 'dnssec' | 'first-use', records: readonly ResourceRecord[]): Sighting => ({
    kind: 'seen',
    by,
    word: readPinWord(records),
    isSecured,
  })
  switch (verdict.kind) {
    case 'secure':
      return seen('dnssec', verdict.records)
    case 'denied':
      return seen('dnssec', [])
    case 'insecure':
      return provesUnsigned(verdict, domain)
        ? seen('first-use', verdict.records)
        : { kind: 'nothing', reason: 'the domain is signed, and the record is not' }
    case 'bogus':
    case 'indeterminate':
      return { kind: 'nothing', reason: verdict.reason }
  }
}
