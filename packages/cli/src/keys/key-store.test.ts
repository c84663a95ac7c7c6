import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, verify } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { zoneIdOf } from '@signpost/core'
import { KeyStore } from './key-store.ts'
import { encryptText } from './passphrase-file.ts'
import { newPrivateKey, printPrivateKey, publicKeyOctets, signerOf } from './private-key.ts'

// A passphrase costs a second with the default; the tests are about everything but that.
const workFactor = 4
const OPENSSL = 'openssl'
let directory: string
let store: KeyStore

const secret = async (): Promise<string> => 'correct horse'
const nobodyAsks = async (): Promise<string> => {
  throw new Error('a key without a passphrase asked for one')
}

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'signpost-keys-')), 'keys')
  store = new KeyStore(directory, { workFactor })
})

afterEach(async () => {
  await rm(join(directory, '..'), { recursive: true })
})

test('a new key is a PKCS#8 PEM file that only its owner can read', async () => {
  const key = newPrivateKey()
  const entry = await store.create('alice', key)
  expect(entry).toMatchObject({ name: 'alice', encrypted: false, zoneId: zoneIdOf(publicKeyOctets(key)) })
  expect((await stat(entry.path)).mode & 0o777).toBe(0o600)
  expect((await stat(directory)).mode & 0o777).toBe(0o700)
  expect(await readFile(entry.path, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
  expect(await readdir(directory)).toEqual(['alice.pem'])
})

test('what is no key file hides no other key', async () => {
  await store.create('alice', newPrivateKey())
  await mkdir(join(directory, 'odd.pem'))
  await writeFile(join(directory, 'twice.pem'), '')
  await writeFile(join(directory, 'twice.pem.age'), '')
  const keys = await store.list()
  expect(keys.map(({ name, zoneId }) => [name, zoneId !== undefined])).toEqual([
    ['alice', true],
    ['odd', false],
    ['twice', false],
  ])
})

test('openssl reads the file', async ({ skip }) => {
  const key = newPrivateKey()
  const { path } = await store.create('alice', key)
  let text: string
  try {
    text = execFileSync(OPENSSL, ['pkey', '-in', path, '-noout', '-text'], { encoding: 'utf8' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') skip('openssl is not installed')
    throw error
  }
  const printed = text.replaceAll(/[\s:]/g, '')
  expect(printed).toContain(Buffer.from(publicKeyOctets(key)).toString('hex'))
})

test('what a key opened from its file signs, its public key verifies', async () => {
  await store.create('alice', newPrivateKey())
  const key = await store.open('alice', nobodyAsks)
  const signer = signerOf(key)
  const message = Buffer.from('message')
  const signature = await signer.sign(message)
  expect(signature).toHaveLength(64)
  expect(verify(null, message, key.export({ type: 'pkcs8', format: 'pem' }), signature)).toBe(true)
})

test('a key with a passphrase is an age file, and opens with that passphrase', async () => {
  const key = newPrivateKey()
  const entry = await store.create('alice', key, 'correct horse')
  expect(entry.path).toMatch(/alice\.pem\.age$/)
  expect(await readFile(entry.path, 'utf8')).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/)
  expect((await stat(entry.path)).mode & 0o777).toBe(0o600)
  expect(printPrivateKey(await store.open('alice', secret))).toBe(printPrivateKey(key))
})

test('the zone ID of a key with a passphrase is known without it', async () => {
  const key = newPrivateKey()
  await store.create('alice', key, 'correct horse')
  expect(await store.list()).toMatchObject([{ zoneId: zoneIdOf(publicKeyOctets(key)), encrypted: true }])
})

test('an age file that was copied alone is listed without its zone ID, until it is opened once', async () => {
  const key = newPrivateKey()
  await store.create('alice', key, 'correct horse')
  await rm(join(directory, 'alice.pub'))
  expect(await store.list()).toMatchObject([{ name: 'alice', zoneId: undefined }])
  await store.open('alice', secret)
  expect(await store.list()).toMatchObject([{ zoneId: zoneIdOf(publicKeyOctets(key)) }])
})

test('the public half of another key beside an age file does not outlast its opening', async () => {
  const key = newPrivateKey()
  await store.create('alice', key, 'correct horse')
  await store.create('bob', newPrivateKey(), 'correct horse')
  await writeFile(join(directory, 'alice.pub'), await readFile(join(directory, 'bob.pub')))
  await store.open('alice', secret)
  expect((await store.entry('alice')).zoneId).toBe(zoneIdOf(publicKeyOctets(key)))
})

test('a wrong passphrase is told from a damaged file, and changes nothing', async () => {
  const { path } = await store.create('alice', newPrivateKey(), 'correct horse')
  const before = await readFile(path)
  await expect(store.open('alice', async () => 'wrong')).rejects.toMatchObject({
    code: 'WRONG_PASSPHRASE',
    path,
  })
  expect(await readFile(path)).toEqual(before)
  await truncate(path, before.length - 60)
  await expect(store.open('alice', secret)).rejects.toMatchObject({ code: 'INVALID_KEY' })
})

test('one changed octet of an age file never opens as another key', async () => {
  const { path } = await store.create('alice', newPrivateKey(), 'correct horse')
  const text = await readFile(path, 'utf8')
  for (let at = 40; at < text.length; at += 23) {
    const flipped = text[at] === 'A' ? 'B' : 'A'
    await writeFile(path, text.slice(0, at) + flipped + text.slice(at + 1))
    await expect(store.open('alice', secret)).rejects.toMatchObject({
      code: expect.stringMatching(/^(WRONG_PASSPHRASE|INVALID_KEY)$/) as string,
    })
  }
})

test('a key is never overwritten, whatever form it has', async () => {
  const { path } = await store.create('alice', newPrivateKey())
  const before = await readFile(path)
  await expect(store.create('alice', newPrivateKey())).rejects.toMatchObject({ code: 'KEY_EXISTS' })
  await expect(store.create('alice', newPrivateKey(), 'secret')).rejects.toMatchObject({ code: 'KEY_EXISTS' })
  expect(await readFile(path)).toEqual(before)
  expect(await readdir(directory)).toEqual(['alice.pem'])
})

test('of many that make a key of one name at once, one succeeds', async () => {
  const attempts = await Promise.allSettled(
    Array.from({ length: 20 }, async () => store.create('alice', newPrivateKey())),
  )
  expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const attempt of attempts)
    if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ code: 'KEY_EXISTS' })
  expect(await readdir(directory)).toEqual(['alice.pem'])
})

test('what a crash in the middle of writing leaves is neither a key nor in the way of one', async () => {
  await store.create('bob', newPrivateKey())
  await writeFile(join(directory, '.alice.pem.0123456789ab.tmp'), '-----BEGIN PRIVATE KEY-----\nMC4')
  await writeFile(join(directory, 'carol.pub'), 'half of a public key')
  expect((await store.list()).map(entry => entry.name)).toEqual(['bob'])
  await store.create('alice', newPrivateKey())
  await store.create('carol', newPrivateKey(), 'secret')
  expect((await store.list()).map(entry => entry.name)).toEqual(['alice', 'bob', 'carol'])
})

test('a key that others can read is refused, with the command that closes it', async () => {
  const { path } = await store.create('alice', newPrivateKey())
  await chmod(path, 0o644)
  await expect(store.open('alice', nobodyAsks)).rejects.toMatchObject({
    code: 'KEY_PERMISSIONS',
    message: expect.stringContaining(`mode 0644); close it with: chmod 600 ${path}`) as string,
  })
})

test('a missing key is an error that lists those that there are', async () => {
  await expect(store.open('alice', nobodyAsks)).rejects.toMatchObject({
    code: 'KEY_NOT_FOUND',
    message: expect.stringContaining('signpost key new alice') as string,
  })
  await store.create('bob', newPrivateKey())
  await store.create('carol', newPrivateKey(), 'secret')
  await expect(store.open('alice', nobodyAsks)).rejects.toMatchObject({
    known: ['bob', 'carol'],
    message: expect.stringContaining('bob, carol') as string,
  })
})

test.each([
  ['an empty file', ''],
  ['text', 'hello'],
  ['half a PEM file', printPrivateKey(newPrivateKey()).slice(0, 60)],
  [
    'a key of another kind',
    generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
  ],
])('%s in place of a key is an error that does not show its content', async (_what, content) => {
  const { path } = await store.create('alice', newPrivateKey())
  await writeFile(path, content)
  await expect(store.open('alice', nobodyAsks)).rejects.toMatchObject({
    code: 'INVALID_KEY',
    message: expect.stringContaining(path) as string,
  })
  expect(await store.list()).toMatchObject([{ name: 'alice', zoneId: undefined }])
})

test('an age file with something else inside is an error', async () => {
  await store.create('alice', newPrivateKey(), 'correct horse')
  const path = join(directory, 'alice.pem.age')
  await writeFile(path, await encryptText('a diary', 'correct horse', workFactor))
  await expect(store.open('alice', secret)).rejects.toMatchObject({ code: 'INVALID_KEY' })
})

test('two files for one key are an error that names both', async () => {
  const { path } = await store.create('alice', newPrivateKey())
  await writeFile(`${path}.age`, '')
  await expect(store.open('alice', nobodyAsks)).rejects.toMatchObject({
    code: 'INVALID_KEY',
    message: expect.stringContaining(`${path}.age`) as string,
  })
})

test('deleting a key leaves nothing of it', async () => {
  await store.create('alice', newPrivateKey(), 'correct horse')
  await store.create('bob', newPrivateKey())
  await store.delete('alice')
  await store.delete('bob')
  expect(await readdir(directory)).toEqual([])
  await expect(store.delete('alice')).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' })
})

test.each([
  '',
  '.',
  '..',
  '../alice',
  'a/b',
  'a\\b',
  '.alice',
  '-alice',
  'a b',
  'alice.pem',
  'ä',
  'a'.repeat(65),
])('"%s" is no name of a key, for any use', async name => {
  for (const use of [
    async () => store.create(name, newPrivateKey()),
    async () => store.open(name, nobodyAsks),
    async () => store.delete(name),
    async () => store.entry(name),
  ])
    await expect(use()).rejects.toMatchObject({ code: 'USAGE' })
})
