import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DataDirectory, openDataDirectory } from './data-directory.ts'
import { openLevelStore } from './level-store.ts'
import type { Store, StoreLimits } from './store.ts'
import { describeStore } from './store.test-support.ts'

const opened = new Map<
  Store,
  { readonly directory: DataDirectory; readonly limits: StoreLimits | undefined }
>()
const root = await mkdtemp(join(tmpdir(), 'signpost-store-'))

async function open(path: string, limits: StoreLimits | undefined): Promise<Store> {
  const directory = await openDataDirectory(path)
  const store = await openLevelStore(directory, limits)
  opened.set(store, { directory, limits })
  return store
}

describeStore('LevelStore', {
  create: async limits => open(await mkdtemp(join(root, 'data-')), limits),
  reopen: async store => {
    const known = opened.get(store)
    if (known === undefined) throw new Error('not a store of this test')
    opened.delete(store)
    await known.directory.close()
    return open(known.directory.path, known.limits)
  },
  cleanUp: async () => {
    await Promise.all([...opened.values()].map(({ directory }) => directory.close()))
    await rm(root, { recursive: true, force: true })
  },
})
