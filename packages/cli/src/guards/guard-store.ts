import { mkdir, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { writeWholeFile } from '../exclusive-file.ts'
import { isGuardPattern } from './guard-pattern.ts'

/** The patterns of names that the user guards, beside those of a configuration file. */
export interface GuardBook {
  /** In the order of their letters. */
  list(): Promise<readonly string[]>
  /** Whether it is new. */
  add(pattern: string): Promise<boolean>
  /** Whether there was one. */
  remove(pattern: string): Promise<boolean>
}

/** Patterns as files of one directory, so that two writers at once lose nothing. */
export class GuardStore implements GuardBook {
  private readonly directory: string

  constructor(directory: string) {
    this.directory = directory
  }

  /** Files that are no pattern count as absent. */
  async list(): Promise<readonly string[]> {
    const files = await readdir(this.directory).catch(ifMissing([]))
    return files.map(patternOf).filter(isGuardPattern).toSorted()
  }

  async add(pattern: string): Promise<boolean> {
    if ((await this.list()).includes(pattern)) return false
    await mkdir(this.directory, { recursive: true, mode: 0o700 })
    await writeWholeFile(join(this.directory, fileOf(pattern)), `${pattern}\n`, 'replace')
    return true
  }

  async remove(pattern: string): Promise<boolean> {
    return unlink(join(this.directory, fileOf(pattern))).then(() => true, ifMissing(false))
  }
}

/** Windows has no file names with an asterisk, and names have no plus sign. */
function fileOf(pattern: string): string {
  return pattern.replace('*', '+')
}

function patternOf(file: string): string {
  return file.replace('+', '*')
}

function ifMissing<Value>(value: Value): (error: unknown) => Value {
  return error => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return value
  }
}
