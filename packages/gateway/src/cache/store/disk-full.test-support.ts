import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AnswerStore } from './answer-store.ts'
import { openLevelStore } from './level-store.ts'

// Run as a program of its own with a small file system at the given path. Prints what became of each step.
const [directory = ''] = process.argv.slice(2)
const said: Record<string, unknown> = {}

async function open(): Promise<AnswerStore> {
  const opened = await openLevelStore(join(directory, 'cache'))
  if (opened.kind !== 'open') throw new Error(JSON.stringify(opened))
  return opened.store
}

async function write(store: AnswerStore, key: string): Promise<string> {
  // Nothing that can be compressed.
  const octets = crypto.getRandomValues(new Uint8Array(60_000))
  return store.write([{ key, octets }]).then(
    () => 'written',
    (error: unknown) => String(error),
  )
}

async function keysOf(store: AnswerStore): Promise<string[]> {
  const keys: string[] = []
  for await (const slice of store.slices()) keys.push(...slice.map(({ key }) => key))
  return keys
}

const filler = join(directory, 'filler')
await writeFile(filler, new Uint8Array(4 * 2 ** 20))
let store = await open()
let count = 0
let last = ''
for (; count < 200; count++) {
  last = await write(store, `k${String(count).padStart(3, '0')}`)
  if (last !== 'written') break
}
said['writtenBefore'] = count
said['problem'] = last
said['again'] = await write(store, 'again')
await rm(filler)
said['afterwards'] = await write(store, 'later')
await store.close()
store = await open()
const keys = await keysOf(store)
said['kept'] = keys.filter(key => key.startsWith('k')).length
said['later'] = keys.includes('later')
await store.close()
process.stdout.write(JSON.stringify(said))
