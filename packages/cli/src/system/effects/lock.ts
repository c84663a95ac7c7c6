import { readFile } from 'node:fs/promises'
import { AlreadyAtWorkError } from '../errors.ts'
import type { Disk } from './disk.ts'
import { ABSENT } from './state.ts'

/**
 * Makes a symbolic link that says which process has the lock: it is made in one step, and a full disk has room for it.
 * @returns what gives the lock back.
 * @throws AlreadyAtWorkError where a process that runs has it.
 */
export async function acquireLock(disk: Disk, path: string): Promise<() => Promise<void>> {
  const own = (await markOf(process.pid)) as string
  while (!(await disk.createLink(path, own))) {
    const holder = await holderOf(disk, path)
    if (holder === undefined) continue
    if (await runs(holder)) throw new AlreadyAtWorkError(pidOf(holder))
    await takeAway(disk, path, holder)
  }
  return async () => disk.place(path, ABSENT)
}

async function holderOf(disk: Disk, path: string): Promise<string | undefined> {
  const state = await disk.look(path)
  return state.kind === 'link' ? state.target : undefined
}

// Of several that find the same holder dead one moves the lock away. Where another has taken it in between, it goes back.
async function takeAway(disk: Disk, path: string, dead: string): Promise<void> {
  const aside = `${path}.${process.pid}`
  if (!(await disk.rename(path, aside))) return
  const moved = await holderOf(disk, aside)
  if (moved !== undefined && moved !== dead) await disk.createLink(path, moved)
  await disk.place(aside, ABSENT)
}

function pidOf(mark: string): number {
  return Number(mark.split('-')[0])
}

async function runs(mark: string): Promise<boolean> {
  return (await markOf(pidOf(mark))) === mark
}

/**
 * A process by its number and, where the system tells, by when it started, since numbers are given again; undefined where
 * there is none.
 */
async function markOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined)
  if (stat !== undefined) {
    // The name of the program may have blanks; the start is the 22nd field (proc_pid_stat(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return `${pid}-${fields[19]}`
  }
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined
  }
  return `${pid}-`
}
