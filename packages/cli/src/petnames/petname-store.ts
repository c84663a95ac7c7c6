import { mkdir, readFile, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type ZoneId, zoneIdFromText } from '@signpost/core'
import { writeWholeFile } from '../exclusive-file.ts'
import { PetnameTakenError } from './errors.ts'
import { type Petnames, isPetname } from './petname.ts'

/** The user's short names for zone IDs. */
export interface PetnameBook {
  list(): Promise<Petnames>
  /**
   * Whether it is new: the petname stood for another zone, or for none.
   * @throws PetnameTakenError where it stands for another zone and is not to be replaced; nothing is changed then.
   */
  add(petname: string, zoneId: ZoneId, options: { readonly replace: boolean }): Promise<boolean>
  /** Whether there was one. */
  remove(petname: string): Promise<boolean>
}

/** Petnames as files of one directory, each with a zone ID in it, so that two writers at once lose nothing. */
export class PetnameStore implements PetnameBook {
  private readonly directory: string

  constructor(directory: string) {
    this.directory = directory
  }

  /** Files that are no petname, or hold no zone ID, count as absent. */
  async list(): Promise<Petnames> {
    const files = await readdir(this.directory).catch(ifMissing([]))
    const petnames = new Map<string, ZoneId>()
    for (const petname of files.filter(isPetname).toSorted()) {
      const zoneId = await this.read(petname)
      if (zoneId !== undefined) petnames.set(petname, zoneId)
    }
    return petnames
  }

  async add(petname: string, zoneId: ZoneId, { replace }: { readonly replace: boolean }): Promise<boolean> {
    const before = await this.read(petname)
    if (before === zoneId) return false
    if (before !== undefined && !replace) throw new PetnameTakenError(petname, before)
    await mkdir(this.directory, { recursive: true, mode: 0o700 })
    await writeWholeFile(join(this.directory, petname), `${zoneId}\n`, 'replace')
    return true
  }

  async remove(petname: string): Promise<boolean> {
    return unlink(join(this.directory, petname)).then(() => true, ifMissing(false))
  }

  private async read(petname: string): Promise<ZoneId | undefined> {
    const text = await readFile(join(this.directory, petname), 'utf8').catch(ifMissing(''))
    return zoneIdFromText(text.trim())
  }
}

function ifMissing<Value>(value: Value): (error: unknown) => Value {
  return error => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return value
  }
}
