import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Key } from 'interface-datastore'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { openDataDirectory, put } from './data-directory.ts'
import { MINUTE, NOW, createEngine, createOwner } from '../engine.test-support.ts'
import { openLevelStore } from './level-store.ts'

const root = await mkdtemp(join(tmpdir(), 'signpost-data-'))
const owner = createOwner()
let path: string

beforeEach(async () => {
  path = join(await mkdtemp(join(root, 'test-')), 'data')
})

afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})

test('a data directory is made for its user alone, with the directories above it', async () => {
  const nested = join(path, 'a', 'b')
  const directory = await openDataDirectory(nested)
  expect((await stat(nested)).mode & 0o777).toBe(0o700)
  expect((await stat(join(nested, 'store'))).mode & 0o777).toBe(0o700)
  await directory.close()
})

test('the mode of a directory that the user made is left alone, what is ours inside it is not', async () => {
  await mkdir(join(path, 'store'), { recursive: true })
  await chmod(path, 0o755)
  await chmod(join(path, 'store'), 0o755)
  const directory = await openDataDirectory(path)
  expect((await stat(path)).mode & 0o777).toBe(0o755)
  expect((await stat(join(path, 'store'))).mode & 0o777).toBe(0o700)
  await directory.close()
})

test('a second node in this process is told that the directory is in use', async () => {
  const directory = await openDataDirectory(path)
  await expect(openDataDirectory(path)).rejects.toMatchObject({
    code: 'STORE_LOCKED',
    path,
    message: `${path} is in use by another Signpost node; stop that node, or give this one its own data directory`,
  })
  await directory.close()
  await (await openDataDirectory(path)).close()
})

test('a second process is told so too, and the lock goes with the process that is killed', async () => {
  const holder = spawn(
    process.execPath,
    ['--conditions=@signpost/source', '--input-type=module', '--eval', HOLDER, path],
    { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await once(holder.stdout, 'data')
  await expect(openDataDirectory(path)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  await (await openDataDirectory(path)).close()
})

const HOLDER = `
  const { openDataDirectory } = await import('${new URL('./data-directory.ts', import.meta.url).href}')
  await openDataDirectory(process.argv.at(-1))
  console.log('open')
  setInterval(() => {}, 1_000)
`

test('a directory of a newer version is left alone', async () => {
  const directory = await openDataDirectory(path)
  await directory.write([put(directory.numbers('format'), 'store', 99)], { sync: true })
  await directory.close()
  await expect(openDataDirectory(path)).rejects.toMatchObject({
    code: 'STORE_UNREADABLE',
    message: expect.stringContaining('format 99'),
  })
  // The refusal let go of the lock.
  await expect(openDataDirectory(path)).rejects.toMatchObject({ code: 'STORE_UNREADABLE' })
})

test('a file in the place of the directory is an error that names the path', async () => {
  await writeFile(path, 'not a directory')
  await expect(openDataDirectory(path)).rejects.toMatchObject({ code: 'STORE_UNREADABLE', path })
})

test('a damaged database is an error that says what to do', async () => {
  const directory = await openDataDirectory(path)
  await directory.close()
  await writeFile(join(path, 'store', 'CURRENT'), 'nonsense')
  await expect(openDataDirectory(path)).rejects.toMatchObject({
    code: 'STORE_UNREADABLE',
    message: expect.stringMatching(/damaged.*the keys are not in it/),
  })
})

test('libp2p gets views that see neither each other nor the records', async () => {
  const directory = await openDataDirectory(path)
  const store = await openLevelStore(directory)
  await store.put(await owner.sign(1), { confirmedAt: NOW })
  const [peers, dht] = [directory.datastore('peers'), directory.datastore('peers-2')]
  await peers.put(new Key('/a/1'), Uint8Array.of(1))
  await peers.put(new Key('/b/2'), Uint8Array.of(2))
  await dht.put(new Key('/a/1'), Uint8Array.of(3))
  expect(await peers.get(new Key('/a/1'))).toEqual(Buffer.of(1))
  expect(await keysIn(peers.queryKeys({}))).toEqual(['/a/1', '/b/2'])
  expect(await keysIn(peers.queryKeys({ prefix: '/b' }))).toEqual(['/b/2'])
  expect(await keysIn(dht.queryKeys({}))).toEqual(['/a/1'])
  await peers.delete(new Key('/a/1'))
  expect(await peers.has(new Key('/a/1'))).toBe(false)
  await expect(peers.get(new Key('/a/1'))).rejects.toMatchObject({ name: 'NotFoundError' })
  expect(await dht.has(new Key('/a/1'))).toBe(true)
  await directory.close()
})

test('octets that the disk changed are never served, and the network heals them', async () => {
  const record = await owner.sign(5)
  const damaged = Uint8Array.from(record.bytes)
  damaged[damaged.length - 10] = (damaged[damaged.length - 10] ?? 0) ^ 1
  let directory = await openDataDirectory(path)
  await (await openLevelStore(directory)).put(record, { confirmedAt: NOW, own: true })
  await directory.write([put(directory.octets('records'), owner.zoneId, damaged)], { sync: true })
  await directory.close()

  directory = await openDataDirectory(path)
  const engine = createEngine({ store: await openLevelStore(directory) })
  expect(await engine.resolve(owner.zoneId, { policy: 'cache-only' })).toMatchObject({ kind: 'absent' })
  engine.network.add().hold(owner.routingKey, (await owner.sign(4)).bytes)
  engine.network.add().hold(owner.routingKey, record.bytes)
  expect(await engine.resolve(owner.zoneId)).toMatchObject({ kind: 'found', record: { sequence: 5 } })
  await engine.clock.pass(MINUTE)
  expect(await engine.resolve(owner.zoneId, { policy: 'cache-only' })).toMatchObject({ kind: 'found' })
  await engine.resolver.stop()
  await directory.close()
})

test('one damaged entry hides no other, and does not keep the owner from publishing', async () => {
  let directory = await openDataDirectory(path)
  const [first, second] = [await owner.sign(1), await owner.sign(2)]
  const rival = await owner.sign(2, { text: 'rival', expiresAt: NOW + MINUTE })
  const store = await openLevelStore(directory)
  for (const record of [first, second]) await store.put(record, { confirmedAt: NOW, own: true })
  await store.put(rival, { confirmedAt: NOW })
  const octets = Uint8Array.of(1, 2, 3)
  for (const section of ['history', 'evidence'] as const) {
    const [key] = await directory.octets(section).keys({}).all()
    await directory.write([put(directory.octets(section), key ?? '', octets)], { sync: true })
  }
  await directory.write([put(directory.numbers('own'), 'no zone', 1)], { sync: true })
  await directory.close()

  directory = await openDataDirectory(path)
  const reopened = await openLevelStore(directory)
  expect(await reopened.ownZones()).toEqual([owner.zoneId])
  expect(await reopened.history(owner.zoneId)).toEqual([second])
  expect((await reopened.evidence(owner.zoneId))[0]?.records).toHaveLength(1)
  expect(await reopened.put(rival, { confirmedAt: NOW })).toMatchObject({ kind: 'older' })
  expect(await reopened.put(await owner.sign(3), { confirmedAt: NOW, own: true })).toMatchObject({
    kind: 'stored',
  })
  await directory.close()
})

async function keysIn(keys: AsyncIterable<Key> | Iterable<Key>): Promise<string[]> {
  const found: string[] = []
  for await (const key of keys) found.push(key.toString())
  return found
}
