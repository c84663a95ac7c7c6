import { type ZoneId, apexOf } from '@signpost/core'
import { InvalidNameError, type Name } from '@signpost/dns'
import type { View } from '../names.ts'
import type { Outcome } from '../outcome.ts'
import type { Query } from '../query.ts'
import { type SignpostNames, answerInZone, nobodyYet } from './signpost.ts'

/** Answers a name of an ordinary domain from the zone that stands in for it. */
export type AnswerPinned = (query: Query, domain: Name, zoneId: ZoneId) => Promise<Outcome>

/** The zone stands at the domain in place of its own apex; aliases within the domain stay in the zone. */
export function answerPinnedWith(names: SignpostNames): AnswerPinned {
  return async (query, domain, zoneId) => {
    const apex = apexOf(zoneId)
    const [suffix = domain] = names.suffixes
    const view: View = { zoneId, apex, outerApex: domain, suffix, isOrdinary: true }
    const answer = async (next: Query): Promise<Outcome> => {
      const inner = innerName(next.question.name, domain, apex)
      if (inner !== undefined) return answerInZone(inside, next, view, inner, nobodyYet)
      const text = `${next.question.name.toString()} is over 255 octets as a name of ${zoneId}`
      return { kind: 'too-long', text, zones: [zoneId] }
    }
    const inside: SignpostNames = {
      ...names,
      resolve: next => (next.question.name.isAtOrBelow(domain) ? answer(next) : names.resolve(next)),
    }
    return answer(query)
  }
}

function innerName(name: Name, domain: Name, apex: Name): Name | undefined {
  try {
    return name.rebase(domain, apex)
  } catch (error) {
    if (error instanceof InvalidNameError) return undefined
    throw error
  }
}
