import type { ZoneId } from '@signpost/core'
import type { PetnameBook } from './petname-store.ts'
import type { Petnames } from './petname.ts'

/** The petnames as they were last read, for a gateway that cannot wait for the disk. */
export class KnownPetnames {
  private readonly book: Pick<PetnameBook, 'list'>
  private current: Petnames = new Map()
  private last: Promise<unknown> = Promise.resolve()

  constructor(book: Pick<PetnameBook, 'list'>) {
    this.book = book
  }

  readonly lookup = (petname: string): ZoneId | undefined => this.current.get(petname)

  /** Reads them again, and resolves to those that have changed. */
  async read(): Promise<readonly string[]> {
    // One after the other, so that what was read first never replaces what was read later.
    const next = this.last.then(async () => this.readNow())
    this.last = next.catch(() => undefined)
    return next
  }

  private async readNow(): Promise<readonly string[]> {
    const before = this.current
    this.current = await this.book.list()
    const all = new Set([...before.keys(), ...this.current.keys()])
    return [...all].filter(petname => before.get(petname) !== this.current.get(petname))
  }
}
