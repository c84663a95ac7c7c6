import { mkdtemp, open, readFile, readdir, rm, stat, truncate, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AnswerStore, SavedAnswer } from './answer-store.ts'
import { openLevelStore } from './level-store.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signpost-answers-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

async function opened(): Promise<AnswerStore> {
  const result = await openLevelStore(directory)
  if (result.kind !== 'open') throw new Error(`it is ${result.kind}`)
  return result.store
}

async function contents(store: AnswerStore): Promise<SavedAnswer[]> {
  const all: SavedAnswer[] = []
  for await (const slice of store.slices()) all.push(...slice)
  return all
}

async function filled(count: number): Promise<void> {
  const store = await opened()
  const octets = new Uint8Array(300).map((_, n) => (n * 7919) % 251)
  for (let from = 0; from < count; from += 1000)
    await store.write(
      Array.from({ length: Math.min(1000, count) }, (_, n) => ({
        key: `0 1 \u0004k${from + n}\u0000é`,
        octets,
      })),
    )
  await store.close()
}

async function fileEnding(ending: string): Promise<string> {
  const name = (await readdir(join(directory, 'answers'))).find(file => file.endsWith(ending))
  if (name === undefined) throw new Error(`there is no file *${ending}`)
  return join(directory, 'answers', name)
}

test('what was written and not deleted is there again, in slices', async () => {
  const store = await opened()
  const octets = Uint8Array.of(1, 2, 3)
  const name = '2 28 \u0003www\u0000\u00ff'
  await store.write([
    { key: name, octets },
    { key: 'gone', octets },
  ])
  await store.write([
    { key: 'gone', octets: undefined },
    ...Array.from({ length: 300 }, (_, n) => ({ key: `k${n}`, octets })),
  ])
  await store.close()
  const again = await opened()
  let slices = 0
  for await (const slice of again.slices()) {
    slices++
    expect(slice.length).toBeLessThanOrEqual(256)
  }
  expect(slices).toBe(2)
  const all = await contents(again)
  expect(all).toHaveLength(301)
  expect(all.find(({ key }) => key === name)?.octets).toEqual(Buffer.from(octets))
  await again.close()
})

test('what is kept is for this user alone', async () => {
  await filled(1)
  expect((await stat(join(directory, 'answers'))).mode & 0o777).toBe(0o700)
})

test('a directory that another gateway has open is its own', async () => {
  const store = await opened()
  expect(await openLevelStore(directory)).toEqual({ kind: 'in-use' })
  await store.close()
  expect(await openLevelStore(directory)).toMatchObject({ kind: 'open' })
})

test.each<[what: string, damage: () => Promise<void>]>([
  ['a list of files that is none', async () => writeFile(await fileEnding('CURRENT'), 'nothing')],
  [
    'no list of files',
    async () => unlink(await fileEnding((await readFile(await fileEnding('CURRENT'), 'utf8')).trim())),
  ],
  [
    'a cut list of files',
    async () => truncate(await fileEnding((await readFile(await fileEnding('CURRENT'), 'utf8')).trim()), 10),
  ],
])('a store that cannot be opened is set aside, and an empty one takes its place: %s', async (_, damage) => {
  for (let time = 0; time < 2; time++) {
    await filled(100)
    await damage()
    const result = await openLevelStore(directory)
    expect(result).toMatchObject({ kind: 'open', setAside: join(directory, 'answers.damaged') })
    if (result.kind !== 'open') return
    expect(await contents(result.store)).toEqual([])
    await result.store.close()
    // Only the last one is kept.
    expect((await readdir(directory)).sort()).toEqual(['answers', 'answers.damaged'])
  }
})

test('a store that turns out to be damaged while it is read can be set aside in use', async () => {
  await filled(20_000)
  const file = await fileEnding('.ldb')
  await truncate(file, Math.floor((await stat(file)).size / 2))
  const store = await opened()
  await expect(contents(store)).rejects.toThrow(/Invalid argument|Corruption/)
  expect(await store.setAside()).toBe(join(directory, 'answers.damaged'))
  expect(await contents(store)).toEqual([])
  await store.write([{ key: 'a', octets: Uint8Array.of(1) }])
  expect(await contents(store)).toHaveLength(1)
  await store.close()
})

test('a log that a crash cut off costs what it lost and no more', async () => {
  await filled(100)
  const store = await opened()
  await store.write([{ key: 'last', octets: new Uint8Array(5000) }])
  await store.close()
  const log = await fileEnding('.log')
  const handle = await open(log, 'r+')
  await handle.truncate((await handle.stat()).size - 1000)
  await handle.close()
  const again = await opened()
  expect(await contents(again)).toHaveLength(100)
  await again.close()
})

test('where nothing can be kept, it says why', async () => {
  const file = join(directory, 'file')
  await writeFile(file, '')
  expect(await openLevelStore(file)).toEqual({ kind: 'unusable', why: expect.stringContaining('EEXIST') })
  expect(await openLevelStore(join(file, 'below'))).toEqual({
    kind: 'unusable',
    why: expect.stringContaining('ENOTDIR'),
  })
})
