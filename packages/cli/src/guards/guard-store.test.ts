import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseGuardPattern } from '../values/guard-pattern.ts'
import { isGuardPattern } from './guard-pattern.ts'
import { GuardStore } from './guard-store.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signpost-guards-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

test('patterns are kept, each once, until they are removed', async () => {
  const store = new GuardStore(join(directory, 'guards'))
  expect(await store.list()).toEqual([])
  expect(await store.remove('example.com')).toBe(false)
  for (const pattern of ['example.com', '*.amazonaws.com', '*']) expect(await store.add(pattern)).toBe(true)
  expect(await store.add('example.com')).toBe(false)
  expect(await new GuardStore(join(directory, 'guards')).list()).toEqual([
    '*',
    '*.amazonaws.com',
    'example.com',
  ])
  expect((await readdir(join(directory, 'guards'))).join()).not.toContain('*')
  expect(await store.remove('*.amazonaws.com')).toBe(true)
  expect(await store.list()).toEqual(['*', 'example.com'])
})

test('what lies beside them and is no pattern is none', async () => {
  await writeFile(join(directory, '.tmp'), '')
  await writeFile(join(directory, 'A.example'), '')
  await writeFile(join(directory, 'a.example'), '')
  expect(await new GuardStore(directory).list()).toEqual(['a.example'])
})

test.each([
  ['Example.COM.', 'example.com'],
  ['*.AmazonAWS.com', '*.amazonaws.com'],
  ['*.bücher.example', '*.xn--bcher-kva.example'],
  ['_dmarc.example.com', '_dmarc.example.com'],
  ['*', '*'],
  ['*.', '*'],
])('%s is the pattern %s', (text, pattern) => {
  expect(parseGuardPattern(text)).toBe(pattern)
  expect(isGuardPattern(pattern)).toBe(true)
})

test.each([
  '',
  '.',
  '..',
  'a..b',
  'www.*.example',
  '*example.com',
  '../x',
  'a/b',
  `${'a'.repeat(64)}.example`,
])('%j is no pattern', text => {
  expect(() => parseGuardPattern(text)).toThrow(expect.objectContaining({ code: 'USAGE' }))
})
