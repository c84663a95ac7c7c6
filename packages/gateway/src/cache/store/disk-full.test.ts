import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const program = fileURLToPath(new URL('disk-full.test-support.ts', import.meta.url))
// A file system of its own takes a mount, and so a namespace in which this user may mount.
const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0

test.skipIf(!canMount)(
  'where the disk is full nothing that was written is lost, and once there is room it goes on',
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'signpost-full-'))
    try {
      const command =
        'mount -t tmpfs -o size=6m none "$1" && exec "$2" --conditions=@signpost/source "$3" "$1"'
      const { stdout } = await run('unshare', [
        '-rm',
        'sh',
        '-c',
        command,
        'sh',
        directory,
        process.execPath,
        program,
      ])
      const said = JSON.parse(stdout) as Record<string, number>
      expect(said).toMatchObject({
        problem: expect.stringMatching(/no space left/i),
        afterwards: 'written',
        later: true,
      })
      expect(said['again']).not.toBe('written')
      expect(said['writtenBefore']).toBeGreaterThan(5)
      expect(said['kept']).toBe(said['writtenBefore'])
    } finally {
      await rmdir(directory)
    }
  },
)
