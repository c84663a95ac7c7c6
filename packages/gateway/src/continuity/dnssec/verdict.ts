import type { Name, ResourceRecord } from '@signpost/dns'

/** What is known of a question once DNSSEC has had its say (RFC 4033, section 5). */
export type Verdict = Secure | Insecure | Denied | Doubt

/** Every record from the question's name to these was signed, up to a trust anchor. */
export interface Secure {
  readonly kind: 'secure'
  /** Those that were asked for, behind all aliases; TTLs as the signatures allow (RFC 4035, section 5.3.3). */
  readonly records: readonly ResourceRecord[]
}

/** It is proved by signatures that nothing at and below `cut` is signed. */
export interface Insecure {
  readonly kind: 'insecure'
  /**
   * The topmost name for which a signed parent says that it has no DS, by a record of its own or by an opt-out span
   * (RFC 5155, section 6). It may be the question's own name, or lie at the end of an alias: only where a domain is at
   * or below it is that domain unsigned.
   */
  readonly cut: Name
  /** What was said all the same, by whoever may have touched it; none where that is a denial. */
  readonly records: readonly ResourceRecord[]
}

/** It is proved by signatures that there is no such record. */
export interface Denied {
  readonly kind: 'denied'
  readonly denial: 'no-name' | 'no-data'
}

/**
 * `bogus`: what came contradicts what is proved, such as records without a valid signature in a signed zone.
 * `indeterminate`: nothing came that decides it: nobody answered, a proof is missing, uses what is not known here, or is more
 * work than one lookup may be. Neither says anything about the name. The reason is for people.
 */
export interface Doubt {
  readonly kind: 'bogus' | 'indeterminate'
  readonly reason: string
}

export function bogus(reason: string): Doubt {
  return { kind: 'bogus', reason }
}

export function indeterminate(reason: string): Doubt {
  return { kind: 'indeterminate', reason }
}

export function isDoubt(result: { readonly kind: string }): result is Doubt {
  return result.kind === 'bogus' || result.kind === 'indeterminate'
}

/**
 * Whether a domain itself is proved to be unsigned. That of a name below it may be insecure although the domain is signed:
 * behind an alias, below a delegation, or in an opt-out span of the domain's own.
 */
export function provesUnsigned(verdict: Verdict, domain: Name): boolean {
  return verdict.kind === 'insecure' && domain.isAtOrBelow(verdict.cut)
}
