import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { examples } from './network.ts'

const programs = readdirSync(examples, { withFileTypes: true }).filter(entry => entry.isDirectory())

/** A line that shows that the idea of the example worked. */
const shows: Record<string, string> = {
  'publish-and-resolve': 'IN A 192.0.2.1',
  'own-gateway': "A of www       [ '127.0.0.1' ]",
  'delegate-a-label': "www.bob [ '192.0.2.3' ]",
}

test.each(programs.map(({ name }) => name))('examples/%s runs and ends by itself', async name => {
  const args = ['--conditions=@signpost/source', 'main.ts']
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: join(examples, name) })
  expect(stdout).toContain(shows[name])
  expect(stderr).toBe('')
})
