import { existsSync } from 'node:fs'
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Where files are in memory: every change waits until it is on disk, and there are thousands of them. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** A directory that stands for the root of a machine. */
export class TestRoot implements AsyncDisposable {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /** @param files by path; a text that begins with `-> ` is a link. */
  static async create(files: Readonly<Record<string, string>> = {}): Promise<TestRoot> {
    const root = new TestRoot(await mkdtemp(join(MEMORY, 'signpost-root-')))
    await root.write('/var/lib/misc', '')
    for (const [path, text] of Object.entries(files)) await root.write(path, text)
    return root
  }

  async write(path: string, text: string, mode = 0o644): Promise<void> {
    const place = join(this.path, path)
    await mkdir(dirname(place), { recursive: true })
    await rm(place, { force: true })
    if (text.startsWith('-> ')) return symlink(text.slice(3), place)
    await writeFile(place, text)
    await chmod(place, mode)
  }

  async read(path: string): Promise<string> {
    return readFile(join(this.path, path), 'utf8')
  }

  /** Everything in it, down to modes and owners, a line each. */
  async everything(): Promise<string[]> {
    const names = await readdir(this.path, { recursive: true })
    const lines: string[] = []
    for (const name of names.sort()) {
      const place = join(this.path, name)
      const { mode, uid, gid } = await lstat(place)
      const kind = mode & 0o170000
      const content =
        kind === 0o100000
          ? JSON.stringify(await readFile(place, 'latin1'))
          : kind === 0o120000
            ? `-> ${await readlink(place)}`
            : ''
      lines.push(`${mode.toString(8)} ${uid}:${gid} /${name} ${content}`)
    }
    return lines
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true })
  }
}
