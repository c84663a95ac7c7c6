import type { Found } from '../../outcome.ts'
import type { Query } from '../../query.ts'
import type { Trouble } from '../trouble.ts'

/** People and organisations that the user trusts to say what ordinary names had: a port. */
export interface Witnesses {
  /**
   * An answer on which enough witnesses agree. Its `note` says for people who vouches.
   * @param reason failures come for every name, denials and bogus addresses for guarded names only.
   * @returns undefined where there is none. Bounds its own time.
   */
  answer(query: Query, reason: Trouble): Promise<Found | undefined>
}
