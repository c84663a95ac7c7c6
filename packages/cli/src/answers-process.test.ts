import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { hasTool } from '../../dns/src/debian-tool.test-support.ts'
import { startUnbound } from '../../gateway/src/debian-servers.test-support.ts'
import { type Daemon, Sandbox } from './signpost-process.test-support.ts'

// Real processes of the whole command, before a real resolver.
vi.setConfig({ testTimeout: 120_000 })

const run = promisify(execFile)
const hasServers = hasTool(['/usr/sbin/unbound', '-V'], 'unbound') && hasTool(['dig', '-v'], 'bind9-dnsutils')

// A second, so that it is over when the gateway is back.
const RECORDS = ['. 1 IN SOA ns.example. host.example. 1 2 3 4 1', 'www.corp.example. 1 IN A 192.0.2.1']

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await Sandbox.create()
})
afterEach(async () => {
  await sandbox[Symbol.asyncDispose]()
})

async function up(upstream: { host: string; port: number }): Promise<Daemon> {
  return sandbox.daemon(['up', '--upstream', `${upstream.host}:${upstream.port}`])
}

async function dig({ ready }: Daemon, ...args: string[]): Promise<string> {
  const port = ready.dns[0]!.split(':').at(-1)!
  const { stdout } = await run('dig', ['@127.0.0.1', '-p', port, '+tries=1', '+time=8', ...args])
  return stdout
}

interface CacheStats {
  readonly stale: number
  readonly disk: { readonly entries: number }
}

async function cacheStats(): Promise<CacheStats> {
  const { stdout } = await sandbox.signpost(['status', '--json'])
  return (JSON.parse(stdout) as { gateway: { stats: { cache: CacheStats } } }).gateway.stats.cache
}

test.skipIf(!hasServers)(
  'after a reboot in the middle of an outage, dig gets what it got before, and why it is old',
  async () => {
    const unbound = await startUnbound(RECORDS)
    try {
      const gateway = await up(unbound.at)
      expect(await dig(gateway, 'www.corp.example', '+short')).toBe('192.0.2.1\n')
      expect(await dig(gateway, 'no.corp.example')).toContain('status: NXDOMAIN')
      await expect.poll(async () => (await cacheStats()).disk.entries, { timeout: 20_000 }).toBe(2)
      await gateway.end('SIGKILL')
    } finally {
      await unbound[Symbol.asyncDispose]()
    }
    const gateway = await up(unbound.at)
    await expect
      .poll(() => dig(gateway, 'www.corp.example'), { timeout: 20_000 })
      .toMatch(/EDE: 3 \(Stale Answer\)/)
    expect(await dig(gateway, 'www.corp.example')).toMatch(
      /www\.corp\.example\.\s+30\s+IN\s+A\s+192\.0\.2\.1/,
    )
    const denied = await dig(gateway, 'no.corp.example')
    expect(denied).toContain('status: NXDOMAIN')
    expect(denied).toMatch(/EDE: 19 \(Stale NXDOMAIN Answer\)/)
    expect(await gateway.end('SIGTERM')).toMatchObject({ code: 0 })
  },
)

test.skipIf(!hasServers)(
  'flushing forgets a name, or all below it, or all, in every gateway of the daemon',
  async () => {
    await using unbound = await startUnbound([
      '. 300 IN SOA ns.example. host.example. 1 2 3 4 300',
      'corp.example. 300 IN A 192.0.2.1',
      'www.corp.example. 300 IN A 192.0.2.1',
      'a.www.corp.example. 300 IN A 192.0.2.1',
    ])
    const own = await up(unbound.at)
    const beside = await sandbox.daemon(['gateway', '--upstream', `127.0.0.1:${unbound.at.port}`])
    const names = ['corp.example', 'www.corp.example', 'a.www.corp.example', 'no.example']
    const flush = async (...args: string[]): Promise<unknown> => {
      await Promise.all(names.flatMap(name => [dig(own, name), dig(beside, name)]))
      const { stdout, stderr, code } = await sandbox.signpost(['flush', '--json', ...args])
      return code === 0 ? JSON.parse(stdout) : stderr
    }
    const besides = async (name: string): Promise<number> =>
      Number(/\s(\d+)\s+IN\s+A\s/.exec(await dig(beside, name, '+norecurse', '+noall', '+answer'))?.[1] ?? 0)
    expect(await flush('www.corp.example')).toEqual({ entries: 1, others: 1 })
    expect(await flush('WWW.corp.example.', '--below')).toEqual({ entries: 2, others: 1 })
    await expect.poll(() => besides('a.www.corp.example')).toBe(0)
    expect(await besides('corp.example')).toBeGreaterThan(0)
    expect(await flush()).toEqual({ entries: 4, others: 1 })
    await expect.poll(() => besides('corp.example')).toBe(0)
    expect(await flush('--below')).toContain('--below needs the name')
    expect(await flush('a..b')).toContain('empty label')
    const printed = await sandbox.signpost(['flush'])
    expect(printed).toMatchObject({ code: 0, stdout: '4 answers flushed\n1 other gateway told\n' })
  },
)

test('flushing needs a daemon, and one with a gateway', async () => {
  const without = await sandbox.signpost(['flush'])
  expect(without.code).toBe(3)
  expect(without.stderr).toMatch(/no .*daemon|daemon .*not/)
  await sandbox.daemon(['node'])
  const alone = await sandbox.signpost(['flush'])
  expect(alone.code).toBe(2)
  expect(alone.stderr).toContain('no gateway runs here')
})
