import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Ended, Sandbox } from './signpost-process.test-support.ts'

// Real processes of the whole command.
vi.setConfig({ testTimeout: 60_000 })

const hello = fileURLToPath(new URL('../../../examples/hello.zone', import.meta.url))

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

test('a second daemon on one data directory is refused, and the first goes on', async () => {
  const { ready, end } = await sandbox.daemon(['node'])
  const second = await signpost(['node'])
  expect(second).toMatchObject({ code: 1, stdout: '' })
  expect(second.stderr).toContain(`a signpost daemon (process ${ready.pid}) runs on ${sandbox.data} already`)
  expect(json(await signpost(['status', '--json']))).toMatchObject({ pid: ready.pid })
  expect((await stat(ready.socket)).mode & 0o777).toBe(0o600)
  expect(await end('SIGTERM')).toMatchObject({ code: 0 })
  await expect(stat(ready.socket)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('with nobody to ask, a name is a failure and not a name that does not exist', async () => {
  const { zoneId } = json(await signpost(['key', 'new', 'alice', '--json'])) as { zoneId: string }
  const asked = await signpost(['resolve', `www.${zoneId}`, '--json'])
  expect(asked.code).toBe(1)
  expect(json(asked)).toMatchObject({ status: 'unreached', answers: [] })
  expect(failure(asked)).toMatchObject({ code: 'NO_PEERS' })
})

test('a daemon that was killed loses nothing, and the next one takes its place', async () => {
  await signpost(['key', 'new', 'alice'])
  const first = await sandbox.daemon(['node'])
  const published = await signpost(['publish', hello, '--key', 'alice', '--min-acks', '0', '--json'])
  expect(json(published)).toMatchObject({ sequence: 1, republished: true })
  await first.end('SIGKILL')
  expect((await stat(first.ready.socket)).isSocket()).toBe(true)
  await sandbox.daemon(['node'])
  const { zoneId } = json(published) as { zoneId: string }
  const found = await signpost(['resolve', `www.${zoneId}.signpost.internal`, '--json'])
  expect(json(found)).toMatchObject({
    status: 'answer',
    answers: [{ data: '127.0.0.1' }],
    zones: [{ sequence: 1 }],
  })
  expect(json(await signpost(['inspect', zoneId, '--json']))).toMatchObject({
    sequence: 1,
    node: { own: true },
  })
})

test('without a daemon a command has a node of its own, and says what that means', async () => {
  await signpost(['key', 'new', 'alice'])
  const peer = await Sandbox.create()
  try {
    const { ready } = await peer.daemon(['node'])
    const env = { SIGNPOST_BOOTSTRAP: ready.addresses[0] as string }
    const published = await signpost(['publish', hello, '--key', 'alice'], { env })
    expect(published).toMatchObject({ code: 0 })
    expect(published.stdout).toContain('acks      1 of 1 peers')
    expect(published.stderr).toContain('Nobody republishes this')
    const { zoneId } = json(await signpost(['key', 'show', 'alice', '--json'])) as { zoneId: string }
    const asked = ['resolve', `www.${zoneId}`, '--data', join(sandbox.path, 'other')]
    expect(await signpost([...asked, '--short'], { env })).toEqual({
      code: 0,
      stdout: '127.0.0.1\n',
      stderr: '',
    })
    expect(await signpost([...asked, 'MX'], { env })).toMatchObject({ code: 3, stdout: '' })
    const retired = await signpost(['unpublish', '--key', 'alice', '--yes'], { env })
    expect(retired.stdout).toContain('sequence  2')
    const gone = await signpost([...asked, '--policy', 'network-first'], { env })
    expect(gone).toMatchObject({ code: 3, stdout: '' })
    expect(gone.stderr).toContain('has retired the zone')
  } finally {
    await peer[Symbol.asyncDispose]()
  }
})

test('a publication that reaches nobody fails, says so, and is on disk', async () => {
  await signpost(['key', 'new', 'alice'])
  const failed = await signpost(['publish', hello, '--key', 'alice', '--json'])
  expect(failed).toMatchObject({ code: 1, stdout: '' })
  expect(failure(failed)).toMatchObject({
    code: 'PUBLISH_FAILED',
    message: expect.stringContaining('--bootstrap') as string,
  })
  const { zoneId } = json(await signpost(['key', 'show', 'alice', '--json'])) as { zoneId: string }
  const found = await signpost(['resolve', `www.${zoneId}`, '--policy', 'cache-only', '--short'])
  expect(found).toMatchObject({ code: 0, stdout: '127.0.0.1\n' })
})

test('a node that serves HTTP is a delegated router for another one', async () => {
  const { ready } = await sandbox.daemon(['node', '--http', '127.0.0.1:0'])
  const url = ready.http ?? ''
  expect((await signpost(['status'])).stdout).toContain(`HTTP      ${url}\n`)
  await using other = await Sandbox.create()
  const { zoneId } = json(await other.signpost(['key', 'new', 'alice', '--json'])) as { zoneId: string }
  const router = ['--delegated-routing', url]
  expect((await other.signpost(['publish', hello, '--key', 'alice', ...router])).code).toBe(0)
  const found = await signpost(['resolve', `www.${zoneId}`, '--short'])
  expect(found).toMatchObject({ code: 0, stdout: '127.0.0.1\n' })
})

test('a delegated router that is no URL is wrong usage', async () => {
  const failed = await signpost(['node', '--delegated-routing', 'router', '--json'])
  expect(failed).toMatchObject({ code: 2, stdout: '' })
  expect(failure(failed)).toMatchObject({
    message: expect.stringContaining('delegatedRouting[0]') as string,
  })
})

test('a record is written to a file, and read from it without a network', async () => {
  await signpost(['key', 'new', 'alice'])
  await signpost(['publish', hello, '--key', 'alice', '--min-acks', '0'])
  const { zoneId } = json(await signpost(['key', 'show', 'alice', '--json'])) as { zoneId: string }
  const out = join(sandbox.path, 'alice.record')
  await signpost(['inspect', zoneId, '--policy', 'cache-only', '--out', out])
  expect(json(await signpost(['inspect', out, '--json']))).toMatchObject({
    zoneId,
    sequence: 1,
    signature: 'valid',
  })
  const bytes = await readFile(out)
  bytes[bytes.length - 10] = (bytes[bytes.length - 10] as number) ^ 1
  await writeFile(out, bytes)
  const bad = await signpost(['inspect', out, '--json', '--zone', zoneId])
  expect(bad).toMatchObject({ code: 1 })
  expect(failure(bad)).toMatchObject({
    code: expect.stringMatching(/^(BAD_SIGNATURE|MALFORMED_RECORD)$/) as string,
  })
})

test('a taken port is one line that says what to do, and leaves nothing behind', async () => {
  const { ready } = await sandbox.daemon(['up'])
  const other = ['--data', join(sandbox.path, 'other')]
  const dns = await signpost(['up', '--dns', ready.dns[0] as string, ...other])
  expect(dns).toMatchObject({ code: 1, stdout: '' })
  expect(dns.stderr).toMatch(
    /^signpost: another program already listens on (UDP|TCP) 127\.0\.0\.1:\d+; stop it, or listen elsewhere: --dns /m,
  )
  const taken = ready.addresses[0]?.replace(/\/p2p\/.*/, '') as string
  const peers = await signpost(['node', '--listen', taken, ...other])
  expect(peers).toMatchObject({ code: 1, stdout: '' })
  expect(peers.stderr).toContain(`another program already listens on ${taken}`)
  await expect(stat(join(sandbox.path, 'other', 'signpost.sock'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a gateway beside a daemon uses the node of the daemon', async () => {
  await signpost(['key', 'new', 'alice'])
  await sandbox.daemon(['node'])
  const published = await signpost(['publish', hello, '--key', 'alice', '--min-acks', '0', '--json'])
  const { zoneId } = json(published) as { zoneId: string }
  const { ready, end } = await sandbox.daemon(['gateway', '--suffix', 'zones.internal', '--no-push'])
  expect(ready).toMatchObject({ ready: true, dns: [expect.stringMatching(/^127\.0\.0\.1:\d+$/)] })
  expect(ready.addresses).toBeUndefined()
  const resolver = new Resolver()
  resolver.setServers([...ready.dns])
  expect(await resolver.resolve4(`blog.${zoneId}.zones.internal`)).toEqual(['127.0.0.1'])
  await expect(resolver.resolve4(`nobody.${zoneId}.zones.internal`)).rejects.toMatchObject({
    code: 'ENOTFOUND',
  })
  expect((await end('SIGTERM')).stderr).toContain('--no-push changes nothing')
})

test('a gateway with nobody beside it is a daemon itself', async () => {
  const { ready, end } = await sandbox.daemon(['gateway'])
  expect(json(await signpost(['status', '--json']))).toMatchObject({ pid: ready.pid, gateway: { stats: {} } })
  expect(await end('SIGINT')).toMatchObject({ code: 0 })
})

test('Ctrl-C ends a short command with 130, and a word about it', async () => {
  const absent = 'k51qzi5uqu5dljtg5upm7x7ugan9lql3ewyknv4r4mhhkwzn8n7cnbd1unfwgq'
  const nobody = [
    '--bootstrap',
    '/ip4/127.0.0.1/tcp/9/p2p/12D3KooWFeEK1BKsAhDqQ5cWZkDyemyqzt7mUtFUEQBBwdTDehqa',
  ]
  const child = sandbox.spawn(['resolve', `www.${absent}`, '--trace', '--log-level', 'silent', ...nobody])
  let stderr = ''
  for await (const chunk of child.stderr as AsyncIterable<Buffer>) {
    stderr += String(chunk)
    // By then the lookup is under way, and waits for the peer that is not there.
    if (stderr.includes('asking peers') && !child.killed) child.kill('SIGINT')
  }
  if (child.exitCode === null) await once(child, 'close')
  expect(child.exitCode).toBe(130)
  expect(stderr).toContain('signpost: stopped before it was done')
})

test('the demo does what it promises', async () => {
  const { code, stdout, stderr } = await signpost(['demo', '--check', '--peers', '3', '--dns', '127.0.0.1:0'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('The check passed')
  expect(stdout).toMatch(/dig @127\.0\.0\.1 -p \d+ www\.k51[0-9a-z]{59}\.signpost\.internal\n/)
})

test('a zone is followed, listed and shown, also after a restart, until it is followed no longer', async () => {
  const { zoneId } = json(await signpost(['key', 'new', 'alice', '--json'])) as { zoneId: string }
  await using other = await Sandbox.create()
  const owner = await other.daemon(['node'])
  const { zoneId: theirs } = json(await other.signpost(['key', 'new', 'bob', '--json'])) as { zoneId: string }
  await other.signpost(['publish', hello, '--key', 'bob', '--min-acks', '0'])

  const first = await sandbox.daemon(['node', '--bootstrap', owner.ready.addresses[0] as string])
  const followed = await signpost(['follow', theirs, '--json'])
  expect(json(followed)).toMatchObject({ zoneId: theirs, new: true, outcome: 'found', sequence: 1 })
  expect(json(await signpost(['follow', zoneId, '--json']))).toMatchObject({ new: true, sequence: null })
  expect((await signpost(['follow', theirs])).stdout).toMatch(/^following already k51\w+\nsequence 1, fresh/)
  expect((await signpost(['status'])).stdout).toContain('following 2 zones')
  expect(await first.end('SIGTERM')).toMatchObject({ code: 0 })

  // Without a daemon, and with nobody to ask.
  const listed = JSON.parse((await signpost(['follows', '--json'])).stdout) as unknown[]
  expect(listed).toHaveLength(2)
  expect(listed).toContainEqual(expect.objectContaining({ zoneId: theirs, sequence: 1 }))
  expect(listed).toContainEqual(expect.objectContaining({ zoneId, sequence: null, validUntil: null }))
  const inspected = await signpost(['inspect', theirs, '--policy', 'cache-only', '--json'])
  expect(json(inspected)).toMatchObject({ node: { own: false, followed: true } })
  expect((await signpost(['unfollow', theirs])).stdout).toBe(`no longer following ${theirs}\n`)
  expect(await signpost(['unfollow', theirs])).toMatchObject({ code: 3, stdout: '' })
  expect((await signpost(['follows'])).stdout).toBe(`${zoneId} not found yet\n`)
  expect((await signpost(['follow', theirs])).stderr).toContain('No node runs on this data directory.')
})

test('a zone of one’s own is followed by the name of its key, and what names none is wrong usage', async () => {
  const { zoneId } = json(await signpost(['key', 'new', 'alice', '--json'])) as { zoneId: string }
  expect(json(await signpost(['follow', 'alice', '--json']))).toMatchObject({ zoneId, new: true })
  expect((await signpost(['unfollow', 'alice'])).stdout).toBe(`no longer following ${zoneId}\n`)
  for (const command of ['follow', 'unfollow']) {
    expect(await signpost([command, 'k51.nonsense'])).toMatchObject({ code: 2, stdout: '' })
    expect(await signpost([command, 'bob'])).toMatchObject({ code: 3, stdout: '' })
  }
})

test('a zone has a short name in every gateway and command from the moment that the user gives it one', async () => {
  const { zoneId } = json(await signpost(['key', 'new', 'mine', '--json'])) as { zoneId: string }
  const { zoneId: other } = json(await signpost(['key', 'new', 'other', '--json'])) as { zoneId: string }
  // Before a daemon runs.
  expect((await signpost(['name', 'list'])).stderr).toContain('signpost name add')
  expect((await signpost(['name', 'add', 'early', zoneId])).stdout).toBe(`early is now ${zoneId}\n`)
  const daemon = await sandbox.daemon(['up'])
  const beside = await sandbox.daemon(['gateway'])
  await signpost(['publish', hello, '--key', 'mine', '--min-acks', '0'])
  const ask = async ({ ready }: typeof daemon, name: string): Promise<string[]> => {
    const resolver = new Resolver()
    resolver.setServers([...ready.dns])
    return resolver
      .resolve4(`${name}.signpost.internal`)
      .catch((error: NodeJS.ErrnoException) => [error.code!])
  }
  expect(await ask(daemon, 'blog.early')).toEqual(['127.0.0.1'])
  for (const gateway of [daemon, beside]) expect(await ask(gateway, 'blog.bücher')).toEqual(['ENOTFOUND'])
  expect(json(await signpost(['name', 'add', 'Bücher', 'mine', '--json']))).toMatchObject({
    zoneId,
    new: true,
  })
  expect((await signpost(['name', 'add', 'bücher', 'mine'])).stdout).toContain('is already')
  expect(await ask(daemon, 'blog.xn--bcher-kva')).toEqual(['127.0.0.1'])
  await expect.poll(() => ask(beside, 'blog.xn--bcher-kva')).toEqual(['127.0.0.1'])
  expect((await signpost(['resolve', 'www.bücher', '--short'])).stdout).toBe('127.0.0.1\n')
  expect(json(await signpost(['follow', 'early', '--json']))).toMatchObject({ zoneId })

  const taken = await signpost(['name', 'add', 'early', other, '--json'])
  expect(taken.code).toBe(1)
  expect(failure(taken)).toMatchObject({
    code: 'PETNAME_TAKEN',
    message: expect.stringContaining('--replace'),
  })
  expect(await signpost(['name', 'add', 'early', 'other', '--replace'])).toMatchObject({ code: 0 })
  expect(await ask(daemon, 'blog.early')).not.toEqual(['127.0.0.1'])
  expect(json(await signpost(['name', 'list', '--json']))).toEqual({ early: other, 'xn--bcher-kva': zoneId })
  expect(await signpost(['name', 'remove', 'bücher'])).toMatchObject({ code: 0 })
  expect(await ask(daemon, 'blog.xn--bcher-kva')).toEqual(['ENOTFOUND'])
  expect(await signpost(['name', 'remove', 'bücher'])).toMatchObject({ code: 3 })
  expect(await signpost(['name', 'add', '../early', zoneId])).toMatchObject({ code: 2 })
})
