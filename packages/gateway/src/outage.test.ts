import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hasTool } from '../../dns/src/debian-tool.test-support.ts'
import { type Gateway, createGateway } from './create-gateway.ts'
import { startUnbound } from './debian-servers.test-support.ts'
import { PublishedZones } from './zones.test-support.ts'

const run = promisify(execFile)
const hasServers = hasTool(['/usr/sbin/unbound', '-V'], 'unbound') && hasTool(['dig', '-v'], 'bind9-dnsutils')

let directory: string
let now: number
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signpost-outage-'))
  now = Date.now()
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

async function start(upstream: { host: string; port: number }): Promise<Gateway> {
  return createGateway({
    resolver: new PublishedZones(),
    listen: [{ host: '127.0.0.1', port: 0 }],
    upstreams: [upstream],
    cache: { directory },
    now: () => now,
  })
}

async function dig(gateway: Gateway, ...args: string[]): Promise<string> {
  const { stdout } = await run('dig', [
    '@127.0.0.1',
    '-p',
    String(gateway.addresses[0]!.port),
    '+tries=1',
    '+time=8',
    ...args,
  ])
  return stdout
}

test.skipIf(!hasServers)(
  'when unbound is gone, and the gateway was stopped and started since, dig gets the old answers and why',
  { timeout: 60_000 },
  async () => {
    const unbound = await startUnbound([
      'www.corp.example. 120 IN A 192.0.2.1',
      '. 60 IN SOA ns.example. host.example. 1 2 3 4 60',
    ])
    try {
      await using gateway = await start(unbound.at)
      expect(await dig(gateway, 'www.corp.example')).toMatch(
        /www\.corp\.example\.\s+120\s+IN\s+A\s+192\.0\.2\.1/,
      )
      expect(await dig(gateway, 'no.corp.example')).toContain('status: NXDOMAIN')
      expect(gateway.stats().cache.disk).toBeDefined()
    } finally {
      await unbound[Symbol.asyncDispose]()
    }
    now += 3_600_000
    await using gateway = await start(unbound.at)
    const answered = await dig(gateway, 'www.corp.example')
    expect(answered).toMatch(/www\.corp\.example\.\s+30\s+IN\s+A\s+192\.0\.2\.1/)
    expect(answered).toMatch(/EDE: 3 \(Stale Answer\)/)
    expect(answered).not.toMatch(/flags:[^;]* a[ad][ ;]/)
    const denied = await dig(gateway, 'no.corp.example')
    expect(denied).toContain('status: NXDOMAIN')
    expect(denied).toMatch(/EDE: 19 \(Stale NXDOMAIN Answer\)/)
    expect(gateway.stats().cache).toMatchObject({ stale: 2, disk: { entries: 2 } })
    expect(gateway.flush('corp.example')).toBe(0)
    expect(gateway.flush('CORP.example.', { below: true })).toBe(2)
    expect(await dig(gateway, 'www.corp.example')).toContain('status: SERVFAIL')
  },
)
