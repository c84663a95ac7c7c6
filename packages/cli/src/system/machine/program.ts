import { realpath, stat } from 'node:fs/promises'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import type { ProgramFacts } from '../facts.ts'

/** What is known of the process that installs. */
export interface Started {
  readonly execPath: string
  readonly execArgv: readonly string[]
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
}

/** How this process was started, as a service shall be. */
export async function readProgram({
  execPath,
  execArgv,
  argv,
  env,
  platform,
}: Started): Promise<ProgramFacts> {
  const node = (await inPath(execPath, env['PATH'] ?? '')) ?? execPath
  const program = argv[1] ?? ''
  const unreadable =
    platform === 'win32' ? undefined : ((await firstUnreadable(node)) ?? (await firstUnreadable(program)))
  return { node, nodeArguments: execArgv, program, unreadable }
}

/**
 * A place in PATH that leads to the same Node: package managers that keep one directory a version let a link lead to the
 * newest, and that outlives an update.
 */
async function inPath(execPath: string, path: string): Promise<string | undefined> {
  for (const directory of path.split(delimiter)) {
    const place = join(directory, 'node')
    if (isAbsolute(directory) && (await realpath(place).catch(() => undefined)) === execPath) return place
  }
  return undefined
}

/** Read for a file, search for a directory: for users who are neither the owner nor in its group. */
const OTHERS = { read: 0o004, search: 0o001 } as const

/** Of the way to a file, and of the way to where links on it lead. What is not there is no hindrance. */
export async function firstUnreadable(path: string): Promise<string | undefined> {
  const real = await realpath(path).catch(() => path)
  for (const directory of [...directoriesOf(path), ...directoriesOf(real)])
    if (!(await allows(directory, OTHERS.search))) return directory
  return (await allows(real, OTHERS.read)) ? undefined : real
}

async function allows(path: string, bit: number): Promise<boolean> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  return stats === undefined || (stats.mode & bit) !== 0
}

function directoriesOf(path: string): string[] {
  const directory = dirname(path)
  return directory === dirname(directory) ? [directory] : [...directoriesOf(directory), directory]
}
