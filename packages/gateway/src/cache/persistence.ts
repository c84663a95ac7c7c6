import type { Logger } from '@signpost/node'
import type { Limits } from '../limits.ts'
import type { AnswerCache, CacheListener, IsMeant } from './answer-cache.ts'
import { type Entry, entryOf } from './entry.ts'
import { type LifetimeLimits, lifetimeOf } from './lifetime.ts'
import type { AnswerStore, SavedAnswer } from './store/answer-store.ts'
import { ENTRY_ENCODING, decodeEntry } from './store/entry-codec.ts'
import { openLevelStore } from './store/level-store.ts'
import { WriteBehind } from './store/write-behind.ts'

export interface PersistenceParts {
  readonly cache: AnswerCache
  readonly directory: string
  readonly limits: LifetimeLimits & Pick<Limits, 'staleKept' | 'recheckPace'>
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Questions, by their keys in the cache, that upstreams are not asked any more. */
  readonly isOurs: (key: string) => boolean
  readonly logger: Logger | undefined
}

export interface DiskStats {
  /** Answers on disk. */
  readonly entries: number
  /** Their octets. */
  readonly octets: number
}

/** Keeps a cache on disk. */
export interface Persistence {
  stats(): DiskStats
  /** Writes what is not written yet, and lets go of the directory. */
  close(): Promise<void>
}

/**
 * Gives a cache back what an earlier process kept of it, and keeps its forwarded answers from now on. Whatever is wrong
 * with the disk is logged, and the cache works without. What was kept comes back behind the caller's back; until then
 * {@link AnswerCache.restoring} says so.
 * @returns undefined where nothing can be kept.
 */
export async function persistAnswers(parts: PersistenceParts): Promise<Persistence | undefined> {
  const { directory, logger } = parts
  const opened = await openLevelStore(directory)
  switch (opened.kind) {
    case 'open':
      if (opened.setAside !== undefined) logger?.warn(DAMAGED, { movedTo: opened.setAside })
      return new KeptCache(parts, opened.store)
    case 'in-use':
      logger?.warn(
        'another gateway keeps its answers in this directory, so this one keeps none; give it a directory of its own',
        { directory },
      )
      return undefined
    case 'unusable':
      logger?.warn('answers cannot be kept on disk, so they last until this gateway stops', {
        directory,
        problem: opened.why,
      })
      return undefined
  }
}

const DAMAGED =
  'answers that were kept on disk are damaged; they were moved away, and others are kept from now on'

/** What is dropped while answers come back is remembered until they have; of more drops than these, all is dropped. */
const DROPS = 100

class KeptCache implements Persistence, CacheListener {
  private readonly parts: PersistenceParts
  private readonly store: AnswerStore
  private readonly behind: WriteBehind<Entry>
  private readonly restored: Promise<void>
  /** They do not come back. */
  private drops: IsMeant[] = []
  private isRestored = false
  private isClosed = false

  constructor(parts: PersistenceParts, store: AnswerStore) {
    const { cache, logger } = parts
    this.parts = parts
    this.store = store
    this.behind = new WriteBehind({
      store,
      encoding: ENTRY_ENCODING,
      onHealth: error => {
        if (error === undefined) logger?.info('answers are written to disk again')
        else
          logger?.warn('answers cannot be written to disk now; the cache goes on without', problemOf(error))
      },
    })
    this.restored = this.restore().finally(() => {
      cache.restoring = undefined
      this.isRestored = true
      this.drops = []
    })
    cache.restoring = this.restored
    cache.listener = this
  }

  stored(key: string, entry: Entry): void {
    this.behind.stored(key, entry)
  }

  removed(key: string): void {
    this.behind.removed(key)
  }

  dropped(isMeant: IsMeant): void {
    if (this.isRestored) return
    if (this.drops.length < DROPS) this.drops.push(isMeant)
    else this.drops = [() => true]
  }

  stats(): DiskStats {
    return { entries: this.behind.size, octets: this.behind.savedOctets }
  }

  async close(): Promise<void> {
    this.isClosed = true
    await this.restored
    this.parts.cache.listener = undefined
    await this.behind.close()
    await this.store.close()
  }

  private async restore(): Promise<void> {
    const { logger } = this.parts
    try {
      for await (const slice of this.store.slices()) {
        for (const saved of slice) this.takeBack(saved)
        // What was dropped is to be found, so that it does not come back at the next start.
        if (this.isClosed && this.drops.length === 0) return
      }
    } catch (error) {
      logger?.warn('answers that were kept on disk cannot be read', problemOf(error))
      this.behind.noteNothingSaved()
      await this.store.setAside().then(
        movedTo => logger?.warn(DAMAGED, { movedTo }),
        (why: unknown) => logger?.warn('they cannot be moved away either', problemOf(why)),
      )
    }
  }

  private takeBack({ key, octets }: SavedAnswer): void {
    const { cache, limits, now, isOurs } = this.parts
    const at = now()
    const stored = decodeEntry(key, octets)
    const entry = stored && entryOf(stored.found, lifetimeOf(stored.found, limits), stored.storedAt, limits)
    const isGone = stored === undefined || this.drops.some(isMeant => isMeant(key, stored.found))
    if (entry === undefined || isGone || isOurs(key)) return this.behind.discard(key)
    if (cache.restore(key, entry, at)) this.behind.noteSaved(key, octets.length)
    else this.behind.discard(key)
  }
}

function problemOf(error: unknown): { readonly problem: string } {
  return { problem: error instanceof Error ? error.message : String(error) }
}
