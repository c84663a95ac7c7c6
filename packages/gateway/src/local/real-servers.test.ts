import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Rcode } from '@signpost/dns'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hasTool } from '../../../dns/src/debian-tool.test-support.ts'
import { askUdp, lines, queryFor } from '../asking.test-support.ts'
import { type Gateway, createGateway } from '../create-gateway.ts'
import { startUnbound } from '../debian-servers.test-support.ts'
import type { Endpoint } from '../endpoint.ts'
import { PublishedZones } from '../zones.test-support.ts'
import { SPECIAL_USE } from './special-use.ts'

const run = promisify(execFile)

let directory: string
let hosts: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signpost-local-'))
  hosts = join(directory, 'hosts')
  await writeFile(hosts, '')
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

async function start(upstreams: Endpoint[] = []): Promise<Gateway> {
  return createGateway({
    resolver: new PublishedZones(),
    listen: [{ host: '127.0.0.1', port: 0 }],
    upstreams,
    hosts,
    limits: { hostsCheck: 10 },
  })
}

/** Domains that are younger than the unbound of Debian 12, and those that it leaves to the root, which denies them. */
const NOT_IN_UNBOUND = /^(?:local|alt|internal|service\.arpa|resolver\.arpa|0\.f\.f\.f\.3\.ip6\.arpa)\.$/

async function outline(at: Endpoint, name: string, type: string): Promise<string> {
  const { rcode, answers, authorities } = await askUdp(at, queryFor(name, type))
  const soa = authorities.find(({ rdata }) => rdata.kind === 'SOA')?.name.toString() ?? '-'
  const records = lines(answers).map(line => line.replace(/ \d+ IN /, ' ').replace(/ SOA .*/, ' SOA'))
  return `${name} ${type} ${rcode} [${records.join(', ')}] ${soa}`
}

test.skipIf(!hasTool(['/usr/sbin/unbound', '-V'], 'unbound'))(
  'the domains that unbound answers by itself have the same answers here',
  { timeout: 60_000 },
  async () => {
    // It denies whatever else it is asked, and asks nobody.
    await using unbound = await startUnbound([])
    await using gateway = await start()
    const domains = SPECIAL_USE.map(({ domain }) => domain.toString()).filter(
      text => !NOT_IN_UNBOUND.test(text),
    )
    expect(domains.length).toBeGreaterThan(100)
    const questions = domains.flatMap(domain =>
      domain === 'localhost.' || domain.startsWith('1.0.0.0')
        ? []
        : [
            [`a.${domain}`, 'A'],
            [`b.a.${domain}`, 'TXT'],
            [`a.${domain}`, 'DS'],
            [domain, 'TXT'],
            [domain, 'SOA'],
          ],
    )
    questions.push(
      ['localhost.', 'A'],
      ['localhost.', 'AAAA'],
      ['localhost.', 'TXT'],
      ['1.0.0.127.in-addr.arpa.', 'PTR'],
      ['1.0.0.127.in-addr.arpa.', 'A'],
      [`1.${'0.'.repeat(31)}ip6.arpa.`, 'PTR'],
    )
    const ours: string[] = []
    const theirs: string[] = []
    for (const [name = '', type] of questions) {
      ours.push(await outline(gateway.addresses[0]!, name, type!))
      theirs.push(await outline(unbound.at, name, type!))
    }
    expect(ours).toEqual(theirs)
  },
)

test.skipIf(!hasTool(['dig', '-v'], 'bind9-dnsutils'))(
  'dig finds names of the hosts file, and new ones once it changes',
  async () => {
    await writeFile(hosts, '192.168.1.5 nas.home.arpa nas\nfd00::5 nas.home.arpa\n')
    await using gateway = await start()
    const dig = async (...args: string[]): Promise<string> => {
      const { stdout } = await run('dig', [
        '@127.0.0.1',
        '-p',
        String(gateway.addresses[0]!.port),
        '+tries=1',
        ...args,
      ])
      return stdout
    }
    expect(await dig('nas', '+short')).toBe('192.168.1.5\n')
    expect(await dig('Nas.home.arpa', 'AAAA', '+short')).toBe('fd00::5\n')
    expect(await dig('-x', '192.168.1.5', '+short')).toBe('nas.home.arpa.\n')
    expect(await dig('-x', 'fd00::5', '+short')).toBe('nas.home.arpa.\n')
    expect(await dig('nas.home.arpa', 'MX')).toMatch(/status: NOERROR.*ANSWER: 0, AUTHORITY: 1/s)
    expect(await dig('tv.home.arpa')).toMatch(
      /status: NXDOMAIN.*EDE: 0 \(Other\): \(home\.arpa\. is not asked of upstreams/s,
    )
    expect(await dig('localhost', '+short')).toBe('127.0.0.1\n')
    expect(await dig('app.localhost', 'AAAA', '+short')).toBe('::1\n')
    await writeFile(hosts, '192.168.1.7 tv.home.arpa\n')
    await expect.poll(() => dig('tv.home.arpa', '+short')).toBe('192.168.1.7\n')
    expect(await dig('nas.home.arpa')).toContain('status: NXDOMAIN')
  },
)

test.skipIf(!hasTool(['/usr/sbin/unbound', '-V'], 'unbound'))(
  'an upstream hears of no local name, and its answer goes as soon as the hosts file has the name',
  async () => {
    await using unbound = await startUnbound([
      'www.corp.example. 300 IN A 192.0.2.1',
      'com. 300 IN NS ns.example.',
      'com. 300 IN A 192.0.2.9',
      'printer.local. 300 IN A 192.0.2.9',
      'ipv4only.arpa. 300 IN A 192.0.0.170',
    ])
    await using gateway = await start([unbound.at])
    const ask = async (name: string, type = 'A') => askUdp(gateway.addresses[0]!, queryFor(name, type))
    expect((await ask('printer.local')).rcode).toBe(Rcode.NXDOMAIN)
    expect(await ask('com')).toMatchObject({ rcode: Rcode.NOERROR, answers: [] })
    expect(gateway.stats().upstream.sent).toBe(0)
    expect(lines((await ask('com', 'NS')).answers)).toEqual(['com. 300 IN NS ns.example.'])
    expect(lines((await ask('ipv4only.arpa')).answers)).toEqual(['ipv4only.arpa. 300 IN A 192.0.0.170'])
    expect(lines((await ask('www.corp.example')).answers)).toEqual(['www.corp.example. 300 IN A 192.0.2.1'])
    await writeFile(hosts, '10.0.0.1 www.corp.example\n')
    await expect
      .poll(async () => lines((await ask('www.corp.example')).answers))
      .toEqual(['www.corp.example. 10 IN A 10.0.0.1'])
  },
)
