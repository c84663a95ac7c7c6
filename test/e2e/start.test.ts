import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Sandbox } from '../../packages/cli/src/signpost-process.test-support.ts'

const root = join(import.meta.dirname, '../..')

test('the first command of the README starts a network, publishes a zone and resolves it', async () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  // What `start` runs, with a check that ends it, and on a free port so that two runs do not meet.
  expect(scripts.start).toMatch(/packages\/cli\/src\/bin\.ts demo$/)
  await using sandbox = await Sandbox.create()
  const { code, stdout, stderr } = await sandbox.signpost(['demo', '--check', '--dns', '127.0.0.1:0'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/dig @127\.0\.0\.1 -p \d+ www\.k51\w{59}\.signpost\.internal/)
  expect(stdout).toContain('The check passed')
})
