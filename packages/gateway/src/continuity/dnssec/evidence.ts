import type { Name } from '@signpost/dns'

/**
 * That a name is not there. `empty`: it has no records of its own, but there are names below it (RFC 8499, "empty
 * non-terminal"). `absent`: neither it nor anything below it.
 */
export type Absence =
  | { readonly kind: 'empty' }
  | {
      readonly kind: 'absent'
      /** The nearest ancestor that is there (RFC 4592, section 3.3.1). */
      readonly encloser: Name
      /** All but delegations without DS: the span may hold some (RFC 5155, section 6). */
      readonly optOut: boolean
    }

/** What the verified NSEC or NSEC3 records of one zone and one answer prove of names at and below its apex. */
export interface Evidence {
  /** The types that a name has; undefined where no record is that name's. */
  typesAt(name: Name): ReadonlySet<number> | undefined
  /** Undefined where it is not proved. */
  absenceOf(name: Name): Absence | undefined
  /** That nothing stands between an ancestor and the name, so that a wildcard of that ancestor speaks for it. */
  absenceBelow(name: Name, encloser: Name): Absence | undefined
}
