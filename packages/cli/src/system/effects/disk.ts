import {
  chmod,
  lchown,
  lstat,
  mkdir,
  open,
  readFile,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  symlink,
} from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { UnusualFileError } from '../errors.ts'
import { ABSENT, type Owner, type State } from './state.ts'

/** The files of a machine, by their paths there. */
export interface Disk {
  /** Who owns what is written. */
  readonly owner: Owner
  /** @throws UnusualFileError for what is neither a file nor a symbolic link. */
  look(path: string): Promise<State>
  /** Names in a directory, in order; none where there is no directory. */
  list(path: string): Promise<readonly string[]>
  /** Puts it there, in place of whatever was. It is on the disk, whole, when this resolves; before that, the old one is. */
  place(path: string, state: State): Promise<void>
  /** Makes a symbolic link in one step, which needs no room on the disk; false where something is there. */
  createLink(path: string, target: string): Promise<boolean>
  /** Gives it another name beside; false where it is gone. */
  rename(path: string, to: string): Promise<boolean>
  /** Takes away what a killed `place` has left beside it. */
  tidy(path: string): Promise<void>
  /** The directories on the way to a path that are not there yet, outermost first. */
  missingDirectories(path: string): Promise<readonly string[]>
  makeDirectory(path: string): Promise<void>
  /** Where it is empty. */
  removeDirectory(path: string): Promise<void>
}

/** Symbolic links on the way to one file (path_resolution(7)). */
const MAX_LINKS = 40

/**
 * The files below a directory that stands for the root of a machine: `/`, or the root of an image. Symbolic links on the
 * way lead where they would if it were the root, and never out of it.
 */
export function diskBelow(root: string): Disk {
  const base = resolve(root)
  const at = (path: string): Promise<string> => placeIn(base, path)
  const administrator = process.getuid?.() === 0 || process.platform === 'win32'
  const owner = administrator
    ? { uid: 0, gid: 0 }
    : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  return {
    owner,
    look: async path => lookAt(await at(path), path),
    list: async path => listed(await throughLinks(base, path)),
    place: async (path, state) => {
      const place = await at(path)
      if (state.kind === 'absent') await rm(place, { force: true })
      else await placeWhole(place, state, path)
      await syncDirectory(dirname(place))
    },
    createLink: async (path, target) => symlink(target, await at(path)).then(() => true, falseIf('EEXIST')),
    rename: async (path, to) => rename(await at(path), await at(to)).then(() => true, falseIf('ENOENT')),
    tidy: async path => {
      await rm(beside(await at(path)), { force: true })
    },
    missingDirectories: async path => {
      const missing: string[] = []
      for (
        let directory = parentOf(path);
        parentOf(directory) !== directory;
        directory = parentOf(directory)
      ) {
        if (await exists(await at(directory))) break
        missing.unshift(directory)
      }
      return missing
    },
    makeDirectory: async path => {
      const place = await at(path)
      await mkdir(place).catch(unless('EEXIST'))
      await chmod(place, 0o755)
      await syncDirectory(dirname(place))
    },
    removeDirectory: async path => {
      await rmdir(await at(path)).catch(unless('ENOENT', 'ENOTEMPTY', 'EEXIST'))
    },
  }
}

/** On Windows paths begin with a drive, which is left out below another root. */
function partsOf(path: string): string[] {
  return path
    .replace(/^[A-Za-z]:/, '')
    .split(/[\\/]/)
    .filter(part => part !== '' && part !== '.')
}

function parentOf(path: string): string {
  const cut = path.replace(/[\\/][^\\/]*$/, '')
  return cut === '' || /^[A-Za-z]:$/.test(cut) ? `${cut}/` : cut
}

/** Where a path is below a root, with every link on the way followed but not the last one. */
async function placeIn(base: string, path: string): Promise<string> {
  if (base === resolve('/')) return path
  const parts = partsOf(path)
  const last = parts.pop()
  return last === undefined ? base : join(await walk(base, parts), last)
}

async function throughLinks(base: string, path: string): Promise<string> {
  return base === resolve('/') ? path : walk(base, partsOf(path))
}

async function walk(base: string, parts: readonly string[]): Promise<string> {
  const ahead = [...parts]
  const here: string[] = []
  for (let links = 0; ahead.length > 0; ) {
    const part = ahead.shift() as string
    if (part === '..') {
      here.pop()
      continue
    }
    const target = await readlink(join(base, ...here, part)).catch(() => undefined)
    if (target === undefined) {
      here.push(part)
      continue
    }
    if (++links > MAX_LINKS)
      throw new UnusualFileError(`/${parts.join('/')}`, 'it leads through too many symbolic links')
    if (target.startsWith('/')) here.length = 0
    ahead.unshift(...partsOf(target))
  }
  return join(base, ...here)
}

async function lookAt(place: string, path: string): Promise<State> {
  const stats = await lstat(place).catch(unless('ENOENT', 'ENOTDIR'))
  if (stats === undefined) return ABSENT
  const { uid, gid } = stats
  if (stats.isSymbolicLink()) return { kind: 'link', target: await readlink(place), uid, gid }
  if (!stats.isFile()) throw new UnusualFileError(path, 'it is neither a file nor a symbolic link')
  const octets = await readFile(place, 'base64')
  return { kind: 'file', octets, mode: stats.mode & 0o7777, uid, gid }
}

async function listed(place: string): Promise<readonly string[]> {
  return ((await readdir(place).catch(unless('ENOENT', 'ENOTDIR'))) ?? []).sort()
}

async function exists(place: string): Promise<boolean> {
  return (await realpath(place).catch(unless('ENOENT', 'ENOTDIR'))) !== undefined
}

/** By a file beside it and a new name: whoever looks sees the old one or the new one. */
async function placeWhole(
  place: string,
  state: Exclude<State, { kind: 'absent' }>,
  path: string,
): Promise<void> {
  const fresh = beside(place)
  await rm(fresh, { force: true })
  try {
    if (state.kind === 'link') await symlink(state.target, fresh)
    else await writeSynced(fresh, Buffer.from(state.octets, 'base64'), state.mode)
    if (process.platform !== 'win32') await lchown(fresh, state.uid, state.gid)
    if (state.kind === 'file') await chmod(fresh, state.mode)
    await rename(fresh, place)
  } catch (error) {
    await rm(fresh, { force: true })
    const { code, syscall } = error as NodeJS.ErrnoException
    const problem = syscall === 'rename' ? UNUSUAL.get(code ?? '') : undefined
    if (problem === undefined) throw error
    throw new UnusualFileError(path, problem, { cause: error })
  }
}

/** What it means where even the administrator may not replace a file. */
const UNUSUAL: ReadonlyMap<string, string> = new Map([
  [
    'EBUSY',
    'it is a mount of its own, as container managers make it, and cannot be replaced; tell them instead',
  ],
  [
    'EPERM',
    'somebody has protected it against every change, which lsattr shows; chattr -i ends that, where it is not meant',
  ],
])

// A leading dot keeps it from everybody who reads a whole directory of configuration.
function beside(place: string): string {
  return join(dirname(place), `.${basename(place)}.signpost`)
}

async function writeSynced(place: string, octets: Uint8Array, mode: number): Promise<void> {
  const file = await open(place, 'wx', mode)
  try {
    await file.writeFile(octets)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function syncDirectory(place: string): Promise<void> {
  // Windows has no such thing.
  if (process.platform === 'win32') return
  const directory = await open(place, 'r').catch(unless('ENOENT'))
  if (directory === undefined) return
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function falseIf(code: string): (error: NodeJS.ErrnoException) => false {
  return error => {
    if (error.code !== code) throw error
    return false
  }
}

function unless(...codes: readonly string[]): (error: NodeJS.ErrnoException) => undefined {
  return error => {
    if (!codes.includes(error.code ?? '')) throw error
  }
}
