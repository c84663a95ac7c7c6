import type { Said, Difference } from './compare.ts'
import type { Asked } from './questions.ts'

/** A difference from unbound that stays. */
export interface Known {
  readonly reason: string
  readonly applies: (difference: Difference, asked: Asked, theirs: Said) => boolean
}

export const KNOWN: readonly Known[] = [
  {
    reason:
      'An alias that a DNAME makes has the TTL of the DNAME where unbound learnt both together, and 0 where it makes the ' +
      'alias itself; which of the two happens is chance (RFC 6672, section 3.1, allows for both in resolvers).',
    applies: ({ of, answer }, _, theirs) =>
      of === 'ttl' && answer?.type === 'CNAME' && isRedirected(answer.owner, theirs),
  },
  {
    reason:
      'Where the alias or the DNAME is what was asked for, there is nothing to follow (RFC 1034, section 4.3.2, step 3a). ' +
      'Unbound, alone of those in the conformance suite, follows an alias that a DNAME makes all the same, and says of the ' +
      'question what is true of the target.',
    applies: ({ of }, { name, type }, theirs) =>
      of !== 'ttl' && (type === 'CNAME' || type === 'DNAME') && isRedirected(name.toLowerCase(), theirs),
  },
  {
    reason:
      'Aliases that go in a circle are an error (RFC 1034, section 3.6.2). Unbound gives what there is of the circle where the ' +
      'authority does.',
    applies: (_, { name }, { answers }) => goesInCircle(name.toLowerCase(), [...answers.keys()]),
  },
]

function isRedirected(name: string, { answers }: Said): boolean {
  return [...answers.values()].some(({ type, owner }) => type === 'DNAME' && name.endsWith(`.${owner}`))
}

function goesInCircle(name: string, answers: readonly string[]): boolean {
  const targets = new Map(
    answers.flatMap(text => {
      const [owner = '', type, target = ''] = text.split(' ')
      return type === 'CNAME' ? [[owner, target] as const] : []
    }),
  )
  const passed = new Set<string>()
  let next: string | undefined = name
  while (next !== undefined && !passed.has(next)) {
    passed.add(next)
    next = targets.get(next)
  }
  return next !== undefined
}

/** Differences that a gateway has besides where it forwards to the first authority itself. */
export function knownWithoutResolver(delegated: readonly string[]): readonly Known[] {
  const isElsewhere = (name: string): boolean =>
    delegated.some(origin => name.toLowerCase() === origin || name.toLowerCase().endsWith(`.${origin}`))
  return [
    ...KNOWN,
    {
      reason:
        'An authority refers to others for what it has handed over, and a forwarder wants a resolver that goes there itself.',
      applies: (_, { name }, { answers, soa }) =>
        [name, ...[...answers.keys(), ...soa].flatMap(text => text.split(' '))].some(isElsewhere),
    },
    {
      reason: 'An authority gives every TTL whole; unbound gives what is left of it, and a day at most.',
      applies: ({ of }) => of === 'ttl',
    },
  ]
}
