import { posix } from 'node:path'
import type { Command, Plan } from '../change.ts'
import { JournalError } from '../errors.ts'
import type { Disk } from './disk.ts'
import { whatBecameOf } from './became.ts'
import { acquireLock } from './lock.ts'
import { ABSENT, type State, textOf } from './state.ts'

/**
 * What an installation changes, and how it was before. It is on disk before each change is made, so that all of them can
 * be undone, whenever the machine or the command stops.
 */
export interface Journal extends JournalContent {
  readonly version: typeof VERSION
}

/** All that was planned, and how far that is. */
export interface JournalContent
  extends Pick<Plan, 'scope' | 'changes' | 'mac'>,
    Partial<Pick<Plan, 'config'>> {
  readonly state: 'installing' | 'installed' | 'uninstalling'
  /** What was begun, in order. */
  readonly steps: readonly Step[]
}

export type Step = PlaceStep | CommandStep

export interface PlaceStep {
  readonly kind: 'place'
  readonly path: string
  readonly before: State
  readonly after: State
  readonly ifChanged?: 'leave' | 'undo'
  /** Directories that were made for it, outermost first. */
  readonly directories: readonly string[]
}

export interface CommandStep {
  readonly kind: 'command'
  readonly sentence: string
  readonly undo?: Command
}

const VERSION = 1

/** Only the administrator may read it: it has copies of files as they were. */
const JOURNAL_MODE = 0o600

/** The journal of a machine. */
export class JournalFile {
  readonly path: string
  private readonly disk: Disk

  constructor(disk: Disk, path: string) {
    this.disk = disk
    this.path = path
  }

  /** Undefined where nothing is installed. @throws JournalError */
  async read(): Promise<Journal | undefined> {
    const text = textOf(await this.disk.look(this.path))
    if (text === undefined) return undefined
    let journal: Partial<Journal>
    try {
      journal = JSON.parse(text) as Partial<Journal>
    } catch (cause) {
      throw new JournalError(this.path, 'it is no JSON', { cause })
    }
    if (journal.version !== VERSION || !Array.isArray(journal.steps) || !Array.isArray(journal.changes))
      throw new JournalError(this.path, `it is of another version (${String(journal.version)})`)
    return journal as Journal
  }

  /**
   * Keeps everybody else from changing what the journal tells of, until it is disposed of. A process that ends gives it up.
   * @throws AlreadyAtWorkError
   */
  async lock(): Promise<AsyncDisposable> {
    await this.makeDirectories()
    const release = await acquireLock(this.disk, `${directoryOf(this.path)}/lock`)
    return {
      [Symbol.asyncDispose]: async () => {
        await release()
        await this.disk.removeDirectory(directoryOf(this.path))
      },
    }
  }

  /** It is on disk when this resolves. */
  async write(journal: JournalContent): Promise<void> {
    await this.makeDirectories()
    const octets = Buffer.from(`${JSON.stringify({ version: VERSION, ...journal })}\n`).toString('base64')
    await this.disk.place(this.path, { kind: 'file', octets, mode: JOURNAL_MODE, ...this.disk.owner })
  }

  async remove(): Promise<void> {
    await this.disk.tidy(this.path)
    await this.disk.place(this.path, ABSENT)
    await this.disk.removeDirectory(directoryOf(this.path))
  }

  private async makeDirectories(): Promise<void> {
    for (const directory of await this.disk.missingDirectories(this.path))
      await this.disk.makeDirectory(directory)
  }
}

/** Of a path of this machine or of another kind of machine. */
function directoryOf(path: string): string {
  return path.replace(/[\\/][^\\/]*$/, '')
}

/** The machine as it would be had nothing been installed: what is there in our files' place is no part of it, edited or not. */
export function withoutInstallation(disk: Disk, journal: Journal | undefined): Disk {
  const places = new Map<string, PlaceStep>()
  for (const step of journal?.steps ?? []) if (step.kind === 'place') places.set(step.path, step)
  if (places.size === 0) return disk
  return {
    ...disk,
    look: async path => {
      const found = await disk.look(path)
      const step = places.get(path)
      if (step === undefined) return found
      const became = await whatBecameOf(step, found, disk)
      return became === 'as installed' || became === 'edited' ? step.before : found
    },
    list: async path => {
      const names = await disk.list(path)
      return names.filter(name => places.get(posix.join(path, name))?.before.kind !== 'absent')
    },
  }
}
