import { freshOutcome, isFresh } from '../cache/entry.ts'
import { cacheKey } from '../cache/key.ts'
import { type LookupParts, Lookups } from '../cache/lookups.ts'
import type { Handler } from '../handler.ts'

/** Answers what is known, and keeps what comes back from the handlers behind it. */
export function answerFromCache(parts: LookupParts): Handler {
  const { cache, now } = parts
  const lookups = new Lookups(parts)
  const handle: Handler = (query, next) => {
    const key = cacheKey(query)
    const at = now()
    const entry = cache.find(key, at)
    if (entry === undefined)
      return cache.restoring === undefined
        ? lookups.answer(key, query, next)
        : lookups.answerOnceRestored(cache.restoring, query, () => handle(query, next))
    const { recursionDesired } = query.message
    if (isFresh(entry, at)) {
      if (at >= entry.prefetchAt && entry.isAsked && recursionDesired)
        lookups.prefetch(key, entry, query, next)
      entry.isAsked = true
      return freshOutcome(entry, at)
    }
    // RFC 8767, section 5: nothing stale for a client that wants no recursion.
    return recursionDesired
      ? lookups.answerOrStale(key, entry, query, next)
      : lookups.answer(key, query, next)
  }
  return handle
}
