import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { signerFromSeed } from './keys.ts'
import { zoneIdOf } from './zone-id.ts'

test('the example in the README runs and prints the answer', () => {
  const directory = join(import.meta.dirname, '..')
  const readme = readFileSync(join(directory, 'README.md'), 'utf8')
  const code = /```ts\n(.*?)```/s.exec(readme)?.[1]
  const node = ['--conditions=@signpost/source', '--input-type=module-typescript', '--eval', code!]
  const zoneId = zoneIdOf(signerFromSeed(new Uint8Array(32).fill(1)).publicKey)
  expect(execFileSync(process.execPath, node, { cwd: directory, encoding: 'utf8' })).toBe(
    `www.${zoneId}. 300 IN A 192.0.2.1\n`,
  )
})
