import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, link, open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Whether something that has the name already is replaced or makes the call fail with EEXIST. */
export type WhenThere = 'fail' | 'replace'

/**
 * Writes a file of mode 0600 so that a crash at any moment leaves the whole file or none, and two writers at
 * once never both succeed with `fail`.
 */
export async function writeWholeFile(
  path: string,
  content: string | Uint8Array,
  whenThere: WhenThere,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  const file = await open(temporary, 'wx', 0o600)
  try {
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    if (whenThere === 'replace') await rename(temporary, path)
    else await linkExclusively(temporary, path)
  } finally {
    await unlink(temporary).catch(() => undefined)
  }
  await syncDirectory(dirname(path))
}

async function linkExclusively(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    // Some file systems know no hard links (exFAT, some network shares); there a copy is the next best.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error
    await copyFile(from, to, constants.COPYFILE_EXCL)
  }
}

async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a directory; its file systems keep the order of renames by themselves.
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
