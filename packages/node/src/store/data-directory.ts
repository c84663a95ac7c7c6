import { constants } from 'node:fs'
import { access, chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type BatchOperation, ClassicLevel } from 'classic-level'
import { LevelDatastore } from 'datastore-level'
import type { Datastore } from 'interface-datastore'
import { StoreLockedError, StoreUnreadableError } from '../errors.ts'

/** What this version writes. A directory with another number is left alone. */
export const STORE_FORMAT = 1

// One name, one prefix of keys. A name is never given to something else in a later version.
type Section =
  | 'format'
  | 'records'
  | 'received'
  | 'floors'
  | 'horizons'
  | 'own'
  | 'history'
  | 'publications'
  | 'stood'
  | 'followed'
  | 'evidence'

type Database = ClassicLevel<string, Uint8Array>

/** Bounds of the keys that a read returns. */
export interface KeyRange {
  readonly gt?: string
  readonly lt?: string
}

interface Rows<Row> extends AsyncIterable<Row> {
  all(): Promise<Row[]>
}

/** A section of the database with keys and values of its own. */
export interface Table<Value> {
  get(key: string): Promise<Value | undefined>
  iterator(range: KeyRange): Rows<[string, Value]>
  keys(range: KeyRange): Rows<string>
  values(range: KeyRange): Rows<Value>
}

/** One change of a batch; `put` and `remove` make it. */
export interface Write {
  readonly type: 'put' | 'del'
  readonly table: Table<unknown>
  readonly key: string
  readonly value: unknown
}

export function put<Value>(table: Table<Value>, key: string, value: Value): Write {
  return { type: 'put', table, key, value }
}

export function remove(table: Table<unknown>, key: string): Write {
  return { type: 'del', table, key, value: undefined }
}

/** One LevelDB for all that a node keeps, held by one process at a time. */
export interface DataDirectory {
  readonly path: string
  octets(section: Section): Table<Uint8Array>
  /** Numbers that are not negative. One that the disk damaged is undefined. */
  numbers(section: Section): Table<number | undefined>
  /** Writes all or nothing, across tables. With `sync` it is on the disk itself when the promise resolves. */
  write(writes: readonly Write[], options: { readonly sync: boolean }): Promise<void>
  /** A view for libp2p: its peer store and what its DHT holds for others. */
  datastore(name: string): Datastore
  close(): Promise<void>
}

/**
 * Opens a data directory, and creates it where it is missing, for this user alone (mode 0700).
 * @throws StoreLockedError where another process, or another node in this one, has it open.
 * @throws StoreUnreadableError where it cannot be read or written, is damaged, or is of another version.
 */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  const database = await openDatabase(path)
  const directory = new LevelDirectory(path, database)
  try {
    await checkFormat(directory)
  } catch (error) {
    await directory.close()
    throw error
  }
  return directory
}

async function openDatabase(path: string): Promise<Database> {
  const location = join(path, 'store')
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    // Says what is wrong with a read-only place, which mkdir calls missing.
    await access(path, constants.W_OK)
    await mkdir(location, { recursive: true, mode: 0o700 })
    // The directory may be one that the user made; what is inside `store` is ours alone.
    await chmod(location, 0o700)
    // Only now: a new database opens itself, and makes its directories with what mode the process has.
    const database: Database = new ClassicLevel(location, { keyEncoding: 'utf8', valueEncoding: 'view' })
    await database.open()
    return database
  } catch (error) {
    throw openingError(path, error)
  }
}

const NUMBER = {
  name: 'number',
  format: 'utf8',
  encode: String,
  decode: (text: string): number | undefined =>
    /^\d/.test(text) && Number.isFinite(Number(text)) ? Number(text) : undefined,
} as const

class LevelDirectory implements DataDirectory {
  readonly path: string
  private readonly database: Database

  constructor(path: string, database: Database) {
    this.path = path
    this.database = database
  }

  octets(section: Section): Table<Uint8Array> {
    return this.database.sublevel<string, Uint8Array>(section, { valueEncoding: 'view' })
  }

  numbers(section: Section): Table<number | undefined> {
    return this.database.sublevel<string, number | undefined>(section, { valueEncoding: NUMBER })
  }

  async write(writes: readonly Write[], options: { readonly sync: boolean }): Promise<void> {
    const operations = writes.map(({ type, table, key, value }) => ({ type, sublevel: table, key, value }))
    // Tables are sublevels of this database, and each write was typed by its table.
    await this.database.batch(operations as BatchOperation<Database, string, unknown>[], options)
  }

  datastore(name: string): Datastore {
    const view = this.database.sublevel<string, Uint8Array>(`datastore-${name}`, { valueEncoding: 'view' })
    // LevelDatastore asks for a whole `Level` and uses only what every abstract-level has.
    return new LevelDatastore(view as unknown as ConstructorParameters<typeof LevelDatastore>[0])
  }

  async close(): Promise<void> {
    await this.database.close()
  }
}

async function checkFormat(directory: DataDirectory): Promise<void> {
  const table = directory.numbers('format')
  const format = await table.get('store')
  if (format === STORE_FORMAT) return
  if (format !== undefined)
    throw new StoreUnreadableError(
      directory.path,
      `it is of format ${format} and this version knows format ${STORE_FORMAT}; run the version that wrote it`,
    )
  await directory.write([put(table, 'store', STORE_FORMAT)], { sync: true })
}

function openingError(path: string, error: unknown): Error {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'LEVEL_LOCKED') return new StoreLockedError(path, { cause })
  const why = cause instanceof Error ? cause.message : String(cause)
  return new StoreUnreadableError(
    path,
    typeof code === 'string' && code.startsWith('LEVEL_')
      ? `its database is damaged (${why}); move the directory's "store" away and start again, the keys are not in it`
      : why,
    { cause },
  )
}
