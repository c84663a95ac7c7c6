import { type Stats, unwatchFile, watchFile } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Logger } from '@signpost/node'
import type { Limits } from '../limits.ts'
import { HostsTable } from './hosts-table.ts'
import { readHosts } from './hosts-text.ts'

type HostsLimits = Pick<Limits, 'hostsOctets' | 'hostsCheck'>

export interface HostsFileParts {
  readonly logger: Logger | undefined
  /** Hears of every table that takes the place of another one. */
  readonly onChange: (table: HostsTable) => void
}

/** A hosts file, read again whenever it changes. A file that is missing is an empty one, and may come later. */
export class HostsFile {
  private readonly parts: HostsFileParts
  private path: string | undefined
  private limits: HostsLimits = { hostsOctets: 0, hostsCheck: 0 }
  private current = HostsTable.empty
  private reading: Promise<void> | undefined
  private isChanged = false

  constructor(parts: HostsFileParts) {
    this.parts = parts
  }

  get table(): HostsTable {
    return this.current
  }

  /** Reads this file from now on, or none. Resolves once it was read; never rejects. */
  async follow(path: string | undefined, limits: HostsLimits): Promise<void> {
    const { hostsOctets, hostsCheck } = this.limits
    if (path === this.path && limits.hostsOctets === hostsOctets && limits.hostsCheck === hostsCheck) return
    this.close()
    this.path = path
    this.limits = limits
    if (path === undefined) this.take(HostsTable.empty)
    else {
      watchFile(path, { interval: limits.hostsCheck, persistent: false }, this.onStat)
      await this.readAgain()
    }
  }

  /** Looks at the file no more. What it said stands. */
  close(): void {
    if (this.path !== undefined) unwatchFile(this.path, this.onStat)
    this.path = undefined
  }

  // Looks at the file itself from time to time: a file that an editor or a container puts in its place is another one
  // than that of which the system would tell.
  private readonly onStat = (now: Stats, before: Stats): void => {
    if (now.mtimeMs === before.mtimeMs && now.size === before.size && now.ino === before.ino) return
    void this.readAgain()
  }

  private async readAgain(): Promise<void> {
    this.isChanged = true
    this.reading ??= this.readWhileChanging()
    await this.reading
  }

  private async readWhileChanging(): Promise<void> {
    while (this.isChanged && this.path !== undefined) {
      this.isChanged = false
      await this.read(this.path)
    }
    this.reading = undefined
  }

  private async read(path: string): Promise<void> {
    const { logger } = this.parts
    let text = ''
    try {
      text = await this.textOf(path)
    } catch (error) {
      // One that is there but cannot be read, for now, says what it said before.
      if (!isMissing(error)) {
        logger?.warn('the hosts file cannot be read', { path, problem: String(error) })
        return
      }
    }
    const table = await readHosts(text, nextTurn)
    if (this.path !== path) return
    this.take(table)
    logger?.debug('the hosts file was read', { path, names: table.size })
  }

  private take(table: HostsTable): void {
    this.current = table
    this.parts.onChange(table)
  }

  private async textOf(path: string): Promise<string> {
    const { limits } = this
    const { logger } = this.parts
    // Opening a pipe would wait for whoever writes to it.
    if (!(await stat(path)).isFile()) throw new TypeError('it is no file')
    await using file = await open(path)
    const { size } = await file.stat()
    const octets = new Uint8Array(Math.min(size, limits.hostsOctets))
    const { bytesRead } = await file.read(octets, 0, octets.length, 0)
    const text = Buffer.from(octets.buffer, 0, bytesRead).toString('utf8')
    if (size <= limits.hostsOctets) return text
    logger?.warn('the hosts file is too large: its last names are left out', {
      path,
      octets: size,
      limit: limits.hostsOctets,
    })
    return text.slice(0, text.lastIndexOf('\n') + 1)
  }
}

/** Where a system has its hosts file. */
export function defaultHostsPath(platform: NodeJS.Platform, systemRoot: string | undefined): string {
  return platform === 'win32' ? `${systemRoot ?? 'C:\\Windows'}\\System32\\drivers\\etc\\hosts` : '/etc/hosts'
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
