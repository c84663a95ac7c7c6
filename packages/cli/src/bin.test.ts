import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Ended, Sandbox } from './signpost-process.test-support.ts'

// Real processes of the whole command.
vi.setConfig({ testTimeout: 60_000 })

const hello = fileURLToPath(new URL('../../../examples/hello.zone', import.meta.url))
const full = fileURLToPath(new URL('../../../examples/full.zone', import.meta.url))

let sandbox: Sandbox
let signpost: Sandbox['signpost']

beforeEach(async () => {
  sandbox = await Sandbox.create()
  signpost = async (...args) => sandbox.signpost(...args)
})

afterEach(async () => {
  await sandbox[Symbol.asyncDispose]()
})

function json(ended: Ended): Record<string, unknown> {
  return JSON.parse(ended.stdout) as Record<string, unknown>
}

function failure(ended: Ended): unknown {
  return (JSON.parse(ended.stderr) as { error: unknown }).error
}

test('the version goes to standard output', async () => {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  expect(await signpost(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test('help says what there is, and goes to standard output only where it was asked for', async () => {
  const asked = await signpost(['--help'])
  expect(asked).toMatchObject({ code: 0, stderr: '' })
  for (const command of [
    'demo',
    'up',
    'node',
    'gateway',
    'key',
    'zone',
    'publish',
    'unpublish',
    'history',
    'diff',
    'rollback',
    'resolve',
    'inspect',
    'status',
  ])
    expect(asked.stdout).toContain(`\n  ${command}`)
  const instead = await signpost([])
  expect(instead).toMatchObject({ code: 2, stdout: '' })
  expect(instead.stderr).toBe(asked.stdout)
})

test('flags win over the environment, and the environment over the defaults', async () => {
  const env = { SIGNPOST_DNS: 'nonsense', SIGNPOST_DATA: join(sandbox.path, 'elsewhere') }
  expect((await signpost(['up'], { env })).stderr).toContain('"nonsense" has no IP address')
  const status = await signpost(['status', '--data', sandbox.data], { env })
  expect(status.stderr).toContain(sandbox.data)
  expect((await signpost(['status'], { env })).stderr).toContain('elsewhere')
})

test.each(['LISTEN', 'NETWORK', 'BOOTSTRAP'])('an empty SIGNPOST_%s is wrong usage', async name => {
  const asked = ['resolve', 'www.k51qzi5uqu5dljtg5upm7x7ugan9lql3ewyknv4r4mhhkwzn8n7cnbd1unfwgq']
  const failed = await signpost([...asked, '--policy', 'cache-only'], { env: { [`SIGNPOST_${name}`]: '' } })
  expect(failed).toMatchObject({ code: 2, stdout: '' })
  expect(failed.stderr).toContain(`--${name.toLowerCase()} (or SIGNPOST_${name}): it is empty`)
})

test('a key is made, listed, written out, taken in again and deleted', async () => {
  const made = json(await signpost(['key', 'new', 'alice', '--json']))
  expect(made).toMatchObject({ name: 'alice', encrypted: false })
  const written = await signpost(['key', 'export', 'alice'])
  expect(written.stderr).toContain('Whoever has this secret')
  expect(written.stdout).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
  await signpost(['key', 'import', 'copy', '-'], { input: written.stdout })
  expect(json(await signpost(['key', 'list', '--json']))).toMatchObject({
    keys: [
      { name: 'alice', zoneId: made['zoneId'] },
      { name: 'copy', zoneId: made['zoneId'] },
    ],
  })
  expect(await signpost(['key', 'delete', 'alice'])).toMatchObject({ code: 2 })
  expect(await signpost(['key', 'delete', 'alice', '--yes'])).toMatchObject({ code: 0 })
  const gone = await signpost(['key', 'show', 'alice', '--json'])
  expect(gone).toMatchObject({ code: 3, stdout: '' })
  expect(failure(gone)).toMatchObject({ code: 'KEY_NOT_FOUND' })
  const there = await signpost(['key', 'new', 'copy', '--json'])
  expect(there).toMatchObject({ code: 1, stdout: '' })
  expect(failure(there)).toMatchObject({ code: 'KEY_EXISTS' })
})

test('a secret that is written to a file is for its owner alone, and replaces nothing', async () => {
  await signpost(['key', 'new', 'alice'])
  expect(await signpost(['key', 'export', 'alice', '--out', 'alice.pem'])).toMatchObject({
    code: 0,
    stdout: '',
  })
  expect((await stat(join(sandbox.path, 'alice.pem'))).mode & 0o777).toBe(0o600)
  const again = await signpost(['key', 'export', 'alice', '--out', 'alice.pem'])
  expect(again).toMatchObject({ code: 1 })
  expect(again.stderr).toContain('is there already')
})

test('a wrong passphrase is one line, and the key is as good as before', async () => {
  await writeFile(join(sandbox.path, 'right'), 'correct horse\n')
  const passphrase = { env: { SIGNPOST_PASSPHRASE: 'wrong' } }
  expect(await signpost(['key', 'new', 'alice', '--passphrase-file', 'right'])).toMatchObject({ code: 0 })
  const wrong = await signpost(['publish', hello, '--key', 'alice'], passphrase)
  expect(wrong).toMatchObject({ code: 1, stdout: '' })
  expect(wrong.stderr).toMatch(/^signpost: the passphrase does not open .*alice\.pem\.age; try again\n$/)
  const none = await signpost(['key', 'export', 'alice', '--json'])
  expect(none).toMatchObject({ code: 1, stdout: '' })
  expect(failure(none)).toMatchObject({ code: 'PASSPHRASE_NEEDED' })
  expect(await signpost(['key', 'export', 'alice', '--passphrase-file', 'right'])).toMatchObject({ code: 0 })
})

test('a broken key file is one line', async () => {
  await signpost(['key', 'new', 'alice'])
  const path = join(sandbox.data, 'keys', 'alice.pem')
  await writeFile(path, 'no key')
  const { code, stdout, stderr } = await signpost(['publish', hello, '--key', 'alice'])
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toBe(`signpost: ${path} holds no private key in PEM (PKCS#8), or is damaged\n`)
})

test('a reader that goes away is no error', async () => {
  const child = sandbox.spawn(['zone', 'show', full])
  child.stdout?.destroy()
  let stderr = ''
  child.stderr?.on('data', chunk => {
    stderr += String(chunk)
  })
  expect(await once(child, 'close')).toEqual([0, null])
  expect(stderr).toBe('')
})
