import { mkdir, readFile, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type ZoneId, zoneIdFromText } from '@signpost/core'
import { writeWholeFile } from '../exclusive-file.ts'
import { isGuardPattern } from '../guards/guard-pattern.ts'

/** Zones by domain, in lower case without the final dot, in the order of their letters. */
export type OwnPins = ReadonlyMap<string, ZoneId>

/** Domains that the user pins to zones, whatever they say themselves. */
export interface PinBook {
  list(): Promise<OwnPins>
  /** Whether that is new. What the domain was pinned to before is replaced. */
  set(domain: string, zoneId: ZoneId): Promise<boolean>
  /** Whether there was one. */
  remove(domain: string): Promise<boolean>
}

/** Whether a text can be the domain of a pin: never a path, the same everywhere. */
export function isPinnedDomain(text: string): boolean {
  return isGuardPattern(text) && !text.includes('*')
}

/** Pins as files of one directory, each with a zone ID in it, so that two writers at once lose nothing. */
export class PinStore implements PinBook {
  private readonly directory: string

  constructor(directory: string) {
    this.directory = directory
  }

  /** Files that are no domain, or hold no zone ID, count as absent. */
  async list(): Promise<OwnPins> {
    const files = await readdir(this.directory).catch(ifMissing([]))
    const pins = new Map<string, ZoneId>()
    for (const domain of files.filter(isPinnedDomain).toSorted()) {
      const zoneId = await this.read(domain)
      if (zoneId !== undefined) pins.set(domain, zoneId)
    }
    return pins
  }

  async set(domain: string, zoneId: ZoneId): Promise<boolean> {
    if ((await this.read(domain)) === zoneId) return false
    await mkdir(this.directory, { recursive: true, mode: 0o700 })
    await writeWholeFile(join(this.directory, domain), `${zoneId}\n`, 'replace')
    return true
  }

  async remove(domain: string): Promise<boolean> {
    return unlink(join(this.directory, domain)).then(() => true, ifMissing(false))
  }

  private async read(domain: string): Promise<ZoneId | undefined> {
    const text = await readFile(join(this.directory, domain), 'utf8').catch(ifMissing(''))
    return zoneIdFromText(text.trim())
  }
}

function ifMissing<Value>(value: Value): (error: unknown) => Value {
  return error => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return value
  }
}
