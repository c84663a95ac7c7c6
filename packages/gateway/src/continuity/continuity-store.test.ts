import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '@signpost/node'
import { ClassicLevel } from 'classic-level'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ContinuityStore, openContinuityStore } from './continuity-store.ts'

let directory: string
let logged: string[]
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signpost-continuity-'))
  logged = []
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

const log = (message: string): void => {
  logged.push(message)
}
const logger: Logger = { debug: log, info: log, warn: log, error: log }

async function opened(): Promise<ContinuityStore> {
  const store = await openContinuityStore({ directory, logger })
  if (store === undefined) throw new Error(logged.join())
  return store
}

async function write(rows: Record<string, Uint8Array>): Promise<void> {
  const store = await opened()
  const table = store.table('good')
  for (const [key, octets] of Object.entries(rows)) table.set(key, () => octets)
  await store.close()
}

test('rows are there again in their tables, as they were when they were written last', async () => {
  const store = await opened()
  let octets = Uint8Array.of(1)
  store.table('good').set('1 \u0003www\u00e9 \u0000', () => octets)
  store.table('pins').set('1 \u0003www\u00e9 \u0000', () => Uint8Array.of(9))
  store.table('doubts').set('gone', () => octets)
  store.table('doubts').delete('gone')
  octets = Uint8Array.of(2, 3)
  await store.close()
  const again = await opened()
  const good = again.table('good').takeRows()
  expect([...good]).toEqual([['1 \u0003www\u00e9 \u0000', Uint8Array.of(2, 3)]])
  expect([...again.table('pins').takeRows().values()]).toEqual([Uint8Array.of(9)])
  expect(again.table('doubts').takeRows().size).toBe(0)
  expect(again.table('good').takeRows().size).toBe(0)
  await again.close()
  expect(logged).toEqual([])
})

test('a row that the disk has changed is not given out, and goes', async () => {
  await write({ a: Uint8Array.of(1, 2, 3), b: Uint8Array.of(4) })
  const database = new ClassicLevel<string, Uint8Array>(join(directory, 'continuity'), {
    valueEncoding: 'view',
  })
  const octets = (await database.get('good a')) as Uint8Array
  await database.put(
    'good a',
    octets.map((octet, at) => (at === 5 ? octet ^ 1 : octet)),
  )
  await database.put('good c', Uint8Array.of(1))
  // Of another key, octet by octet.
  await database.put('good d', (await database.get('good b')) as Uint8Array)
  await database.close()
  const store = await opened()
  expect([...store.table('good').takeRows().keys()]).toEqual(['b'])
  await store.close()
  const after = new ClassicLevel<string, Uint8Array>(join(directory, 'continuity'), { valueEncoding: 'view' })
  expect(await after.keys().all()).toEqual(['good b'])
  await after.close()
})

test('a store that cannot be opened is set aside, and a new one begun', async () => {
  await write({ a: Uint8Array.of(1) })
  const manifest = (await readdir(join(directory, 'continuity'))).find(name => name.startsWith('MANIFEST'))!
  await truncate(join(directory, 'continuity', manifest), 3)
  const store = await opened()
  expect(store.table('good').takeRows().size).toBe(0)
  expect(logged).toEqual([expect.stringContaining('damaged')])
  expect(await readdir(directory)).toContain('continuity.damaged')
  store.table('good').set('b', () => Uint8Array.of(2))
  await store.close()
  const again = await opened()
  expect([...again.table('good').takeRows().keys()]).toEqual(['b'])
  await again.close()
})

test('where another gateway has the directory, or none can be made, a line says so', async () => {
  const store = await opened()
  expect(await openContinuityStore({ directory, logger })).toBeUndefined()
  await store.close()
  const file = join(directory, 'file')
  await writeFile(file, '')
  expect(await openContinuityStore({ directory: file, logger })).toBeUndefined()
  expect(logged).toEqual([
    expect.stringContaining('another gateway'),
    expect.stringContaining('cannot be kept'),
  ])
})
