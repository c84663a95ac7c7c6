import { crc32 } from 'node:zlib'
import type { Logger } from '@signpost/node'
import type { AnswerStore } from '../cache/store/answer-store.ts'
import { openLevelStore } from '../cache/store/level-store.ts'
import { type Encoding, WriteBehind } from '../cache/store/write-behind.ts'

/** `good`: the guard's answers by question. `doubts`: what is not believed of them. `pins`: owners' zones by domain. */
export type TableName = 'good' | 'doubts' | 'pins'

/** Makes the octets of a row, when it is written. */
export type EncodeRow = () => Uint8Array

/** Rows of octets by key, which outlive the process. Whoever has a table bounds it. */
export interface Table {
  /** What an earlier process wrote, whole as it wrote it. Given out once, and not held any longer. */
  takeRows(): ReadonlyMap<string, Uint8Array>
  set(key: string, encode: EncodeRow): void
  delete(key: string): void
}

/** What continuity keeps on disk. */
export interface ContinuityStore {
  table(name: TableName): Table
  /** Writes what is not written yet, and lets go of the directory. */
  close(): Promise<void>
}

export interface ContinuityStoreParts {
  /** That of the cache. */
  readonly directory: string
  readonly logger: Logger | undefined
}

/** Of the LevelDB in the cache's directory. */
const NAME = 'continuity'
/** Rows that are read at the start, in each table; none has more. */
const MOST_ROWS = 100_000
/** Octets of the checksum of a row with its key: LevelDB does not look at its own when it reads. */
const CHECKSUM = 4

const ENCODING: Encoding<EncodeRow> = {
  keeps: () => true,
  encode: (key, encode) => {
    const row = encode()
    const octets = new Uint8Array(CHECKSUM + row.length)
    octets.set(row, CHECKSUM)
    new DataView(octets.buffer).setUint32(0, crc32(row, crc32(key)))
    return octets
  },
}

function readRow(key: string, octets: Uint8Array): Uint8Array | undefined {
  if (octets.length < CHECKSUM) return undefined
  const row = octets.subarray(CHECKSUM)
  const checksum = new DataView(octets.buffer, octets.byteOffset).getUint32(0)
  return checksum === crc32(row, crc32(key)) ? row : undefined
}

/**
 * Opens what an earlier process kept, and keeps what changes from now on, a second later. Whatever is wrong with the disk
 * is logged, and continuity works without.
 * @returns undefined where nothing can be kept.
 */
export async function openContinuityStore(parts: ContinuityStoreParts): Promise<ContinuityStore | undefined> {
  const { directory, logger } = parts
  const opened = await openLevelStore(directory, NAME)
  switch (opened.kind) {
    case 'open': {
      if (opened.setAside !== undefined) logger?.warn(DAMAGED, { movedTo: opened.setAside })
      const store = new LevelContinuityStore(opened.store, logger)
      await store.read()
      return store
    }
    case 'in-use':
      logger?.warn(
        'another gateway keeps good answers in this directory, so this one keeps none on disk; give it a directory of its own',
        { directory },
      )
      return undefined
    case 'unusable':
      logger?.warn('good answers cannot be kept on disk, so they last until this gateway stops', {
        directory,
        problem: opened.why,
      })
      return undefined
  }
}

const DAMAGED =
  'good answers that were kept on disk are damaged; they were moved away, and others are kept from now on'

class LevelContinuityStore implements ContinuityStore {
  private readonly store: AnswerStore
  private readonly logger: Logger | undefined
  private readonly behind: WriteBehind<EncodeRow>
  private readonly restored = new Map<TableName, Map<string, Uint8Array>>()

  constructor(store: AnswerStore, logger: Logger | undefined) {
    this.store = store
    this.logger = logger
    this.behind = new WriteBehind({
      store,
      encoding: ENCODING,
      onHealth: error => {
        if (error === undefined) logger?.info('good answers are written to disk again')
        else
          logger?.warn(
            'good answers cannot be written to disk now; continuity goes on without',
            problemOf(error),
          )
      },
    })
  }

  async read(): Promise<void> {
    try {
      for await (const slice of this.store.slices())
        for (const { key, octets } of slice) {
          const [table, own] = splitKey(key)
          const row = readRow(key, octets)
          const rows = this.rowsOf(table)
          if (row === undefined || rows.size >= MOST_ROWS) this.behind.discard(key)
          else {
            // A copy: what LevelDB gives are parts of larger pieces.
            rows.set(own, new Uint8Array(row))
            this.behind.noteSaved(key, octets.length)
          }
        }
    } catch (error) {
      this.logger?.warn('good answers that were kept on disk cannot be read', problemOf(error))
      this.behind.noteNothingSaved()
      this.restored.clear()
      await this.store.setAside().then(
        movedTo => this.logger?.warn(DAMAGED, { movedTo }),
        (why: unknown) => this.logger?.warn('they cannot be moved away either', problemOf(why)),
      )
    }
  }

  table(name: TableName): Table {
    return {
      takeRows: () => {
        const rows = this.rowsOf(name)
        this.restored.delete(name)
        return rows
      },
      set: (key, encode) => {
        this.behind.stored(`${name} ${key}`, encode)
      },
      delete: key => {
        this.behind.removed(`${name} ${key}`)
      },
    }
  }

  async close(): Promise<void> {
    await this.behind.close()
    await this.store.close()
  }

  private rowsOf(name: string): Map<string, Uint8Array> {
    const table = name as TableName
    const known = this.restored.get(table)
    if (known !== undefined) return known
    const rows = new Map<string, Uint8Array>()
    this.restored.set(table, rows)
    return rows
  }
}

function splitKey(key: string): [string, string] {
  const space = key.indexOf(' ')
  return [key.slice(0, space), key.slice(space + 1)]
}

function problemOf(error: unknown): { readonly problem: string } {
  return { problem: error instanceof Error ? error.message : String(error) }
}
