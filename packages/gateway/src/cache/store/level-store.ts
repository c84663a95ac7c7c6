import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ClassicLevel } from 'classic-level'
import type { AnswerStore, Change, SavedAnswer } from './answer-store.ts'

/** What comes of opening a directory. The texts are for people. */
export type OpenedStore =
  | {
      readonly kind: 'open'
      readonly store: AnswerStore
      /** What was there could not be read. It was moved to this path, and the store is empty. */
      readonly setAside?: string
    }
  /** Another gateway has it. */
  | { readonly kind: 'in-use' }
  /** Nothing can be kept there, though nothing may be wrong with what is there. */
  | { readonly kind: 'unusable'; readonly why: string }

/** Answers that are read or written in one turn of the event loop: some milliseconds of work. */
const SLICE = 256
const MEMORY = {
  /** Octets of LevelDB's block cache, of which reading everything once has no use. */
  cacheSize: 256 * 1024,
  /** Octets that LevelDB collects before it sorts them into a file; twice as much at most. */
  writeBufferSize: 1024 * 1024,
}

type Database = ClassicLevel<string, Uint8Array>

/**
 * Opens a LevelDB in a directory, and makes both where they are missing, for this user alone. What cannot be read is set
 * aside as `answers.damaged`, in the place of what was set aside before.
 * @param name of the LevelDB, `answers` for those of the cache.
 */
export async function openLevelStore(directory: string, name = 'answers'): Promise<OpenedStore> {
  const location = join(directory, name)
  const opened = await tryToOpen(location)
  if (opened.kind !== 'damaged') return opened
  let movedTo: string
  try {
    movedTo = await setAside(location)
  } catch (error) {
    return { kind: 'unusable', why: `${opened.why}, and it cannot be moved away: ${messageOf(error)}` }
  }
  const empty = await tryToOpen(location)
  if (empty.kind === 'open') return { ...empty, setAside: movedTo }
  return empty.kind === 'damaged' ? { kind: 'unusable', why: empty.why } : empty
}

type Tried = OpenedStore | { readonly kind: 'damaged'; readonly why: string }

async function tryToOpen(location: string): Promise<Tried> {
  let database: Database | undefined
  try {
    await mkdir(dirname(location), { recursive: true, mode: 0o700 })
    await mkdir(location, { recursive: true, mode: 0o700 })
    database = new ClassicLevel(location, { keyEncoding: 'utf8', valueEncoding: 'view', ...MEMORY })
    await database.open()
    return { kind: 'open', store: new LevelAnswerStore(location, database) }
  } catch (error) {
    await database?.close().catch(() => {})
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    if (codeOf(cause) === 'LEVEL_LOCKED') return { kind: 'in-use' }
    return { kind: isDamage(cause) ? 'damaged' : 'unusable', why: messageOf(cause) }
  }
}

async function setAside(location: string): Promise<string> {
  const movedTo = `${location}.damaged`
  await rm(movedTo, { recursive: true, force: true })
  await rename(location, movedTo)
  return movedTo
}

/** LevelDB has one code for all that a file system refuses; some of it says nothing about what is kept. */
const NO_DAMAGE = /no space left|quota|read-only|permission denied|not permitted|too many open files/i

/** Whether an error says that what LevelDB keeps cannot be read. */
function isDamage(error: unknown): boolean {
  const code = codeOf(error)
  return typeof code === 'string' && code.startsWith('LEVEL_') && !NO_DAMAGE.test(messageOf(error))
}

class LevelAnswerStore implements AnswerStore {
  private readonly location: string
  private readonly database: Database
  private isBroken = false

  constructor(location: string, database: Database) {
    this.location = location
    this.database = database
  }

  async *slices(): AsyncGenerator<readonly SavedAnswer[]> {
    const rows = this.database.iterator()
    try {
      for (;;) {
        const slice = await rows.nextv(SLICE)
        if (slice.length === 0) return
        yield slice.map(([key, octets]) => ({ key, octets }))
      }
    } finally {
      await rows.close()
    }
  }

  async write(changes: readonly Change[]): Promise<void> {
    // After a failed write LevelDB may refuse all others until it is opened anew.
    if (this.isBroken) await this.database.close()
    await this.database.open()
    this.isBroken = true
    const batch = this.database.batch()
    for (const [n, { key, octets }] of changes.entries()) {
      if (octets === undefined) batch.del(key)
      else batch.put(key, octets)
      if (n % SLICE === SLICE - 1) await nextTurn()
    }
    await batch.write()
    this.isBroken = false
  }

  async setAside(): Promise<string> {
    await this.database.close()
    const movedTo = await setAside(this.location)
    await this.database.open()
    return movedTo
  }

  async close(): Promise<void> {
    await this.database.close()
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
