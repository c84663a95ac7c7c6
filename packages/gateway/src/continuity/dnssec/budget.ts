import { type Doubt, indeterminate } from './verdict.ts'

/** What one lookup may cost at most, whatever zones and servers say (CVE-2023-50387 "KeyTrap", CVE-2023-50868). */
export interface Budget {
  /** Questions asked. A name of six labels behind three aliases takes some thirty. */
  readonly questions: number
  /** Signatures checked. Each zone on the way takes two, a denial three. */
  readonly checks: number
  /** Digests of keys, for DS records. Each zone on the way takes one or two. */
  readonly digests: number
  /** Names hashed for NSEC3, with up to {@link MAX_ITERATIONS} iterations. Each zone on the way takes two to five. */
  readonly hashes: number
}

export const LOOKUP_BUDGET: Budget = { questions: 48, checks: 64, digests: 64, hashes: 80 }

/** NSEC3 iterations (RFC 9276, section 3.2 lets validators choose; BIND and unbound take 150, later 50). */
export const MAX_ITERATIONS = 50
/** Signatures of one RRset that are looked at; unbound has the same number. */
export const MAX_SIGNATURES = 8
/** Checks of one RRset that may fail before it counts as bogus. Keys of one tag are rare, and three of them a trap. */
export const MAX_FAILURES = 4
/** NSEC or NSEC3 records of one answer that are looked at; no proof needs more than three. */
export const MAX_PROOFS = 8
/** Keys of one zone that are of use. The largest sets have about a dozen. */
export const MAX_KEYS = 16
/** Octets of a public key: RSA with 4096 bits, and an exponent of 64 (RFC 3110, section 2). */
export const MAX_KEY_OCTETS = 523
/** DS records of one zone. */
export const MAX_DS = 16
/** Aliases that are followed: unbound and BIND follow eleven. */
export const MAX_ALIASES = 11

const WHAT: Readonly<Record<keyof Budget, string>> = {
  questions: 'questions',
  checks: 'signature checks',
  digests: 'digests of keys',
  hashes: 'hashes of names',
}

/** What is left of a lookup's budget. */
export class Purse {
  private readonly left: { -readonly [K in keyof Budget]: number }
  private readonly budget: Budget

  constructor(budget: Budget = LOOKUP_BUDGET) {
    this.budget = budget
    this.left = { ...budget }
  }

  /** Undefined where there was enough; nothing is taken where there was not. */
  spend(what: keyof Budget, count = 1): Doubt | undefined {
    if (this.left[what] < count)
      return indeterminate(`the lookup would take more than ${this.budget[what]} ${WHAT[what]}`)
    this.left[what] -= count
    return undefined
  }
}
