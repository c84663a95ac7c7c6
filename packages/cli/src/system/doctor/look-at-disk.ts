import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { DiskSeen } from './observations.ts'

export async function lookAtDisk(directory: string, platform: NodeJS.Platform): Promise<DiskSeen> {
  try {
    await readdir(directory)
    const { bavail, bsize } = await statfs(directory)
    const { mode } = await stat(directory)
    return {
      kind: 'seen',
      freeOctets: bavail * bsize,
      mode: platform === 'win32' ? undefined : mode & 0o7777,
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return { kind: 'absent' }
    if (code === 'EACCES' || code === 'EPERM') return { kind: 'forbidden' }
    throw error
  }
}

/** When the newest file was written, in milliseconds since the epoch; undefined where there is none to be seen. */
export async function newestFile(directory: string): Promise<number | undefined> {
  const names = await readdir(directory, { recursive: true }).catch(() => [])
  let newest: number | undefined
  for (const name of names) {
    const written = await stat(join(directory, name)).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    )
    if (written !== undefined && (newest === undefined || written > newest)) newest = written
  }
  return newest
}
