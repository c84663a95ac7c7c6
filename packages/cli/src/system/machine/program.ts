import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ProgramFacts } from '../facts.ts'

/** How this process was started, as a service shall be. */
export async function readProgram(process: {
  readonly execPath: string
  readonly execArgv: readonly string[]
  readonly argv: readonly string[]
  readonly platform: NodeJS.Platform
}): Promise<ProgramFacts> {
  const node = process.execPath
  const program = process.argv[1] ?? ''
  const unreadable =
    process.platform === 'win32'
      ? undefined
      : ((await firstUnreadable(node)) ?? (await firstUnreadable(program)))
  return { node, nodeArguments: process.execArgv, program, unreadable }
}

/** Read for a file, search for a directory: for users who are neither the owner nor in its group. */
const OTHERS = { read: 0o004, search: 0o001 } as const

async function firstUnreadable(path: string): Promise<string | undefined> {
  const above: string[] = []
  for (let directory = dirname(path); ; directory = dirname(directory)) {
    above.unshift(directory)
    if (dirname(directory) === directory) break
  }
  for (const directory of above) if (((await stat(directory)).mode & OTHERS.search) === 0) return directory
  return ((await stat(path)).mode & OTHERS.read) === 0 ? path : undefined
}
