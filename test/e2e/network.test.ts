import { Resolver } from 'node:dns/promises'
import { writeFile } from 'node:fs/promises'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { RrType, parseName, parseZoneFile, printRrType } from '@signpost/dns'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Daemon, Sandbox } from '../../packages/cli/src/signpost-process.test-support.ts'
import { hasTool } from '../../packages/dns/src/debian-tool.test-support.ts'
import { type At, ask, digFull, endpoint, lines } from './dig.ts'
import { ProcessNetwork, exampleText, examples } from './network.ts'

const dig = hasTool(['dig', '-v'], 'bind9-dnsutils')
const kdig = hasTool(['kdig', '--version'], 'knot-dnsutils')

let network: ProcessNetwork
let publisher: { sandbox: Sandbox; join: readonly string[] }
let gateway: Daemon
let at: At

/** A key of the publisher's, a zone published with it; the zone ID. */
async function publishAs(
  key: string,
  file: string,
): Promise<{ zoneId: string; sequence: number; acks: number }> {
  const { sandbox, join } = publisher
  const { stdout: keys } = await sandbox.signpost(['key', 'list', '--json'])
  if (!keys.includes(`"${key}"`)) expect((await sandbox.signpost(['key', 'new', key])).code).toBe(0)
  const { code, stdout, stderr } = await sandbox.signpost(['publish', file, '--key', key, '--json', ...join])
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout)
}

/** A gateway that lets every zone have addresses of loopback, which is where this whole network is. */
async function startGateway({ sandbox, join: peers }: typeof publisher): Promise<Daemon> {
  const config = join(sandbox.path, 'gateway.toml')
  await writeFile(config, '[gateway.rebinding]\nzones = "all"\n')
  return sandbox.daemon(['gateway', '--config', config, '--dns', '127.0.0.1:0', ...peers])
}

beforeAll(async () => {
  network = await ProcessNetwork.start(5)
  publisher = await network.member()
  const member = await network.member()
  gateway = await startGateway(member)
  at = endpoint(gateway.ready.dns[0] as string)
})

afterAll(async () => {
  await network[Symbol.asyncDispose]()
})

test.runIf(dig).each(['hello.zone', 'full.zone'])(
  'every record of examples/%s is in what dig gets for its name and type',
  async file => {
    const { zoneId, acks } = await publishAs(file.replace('.zone', ''), join(examples, file))
    // The gateway's own node is one of the peers too.
    expect(acks).toBe(6)
    // The same file read with the zone's name in DNS as origin is what a client shall see.
    const suffixed = parseName(`${zoneId}.signpost.internal.`)
    const records = parseZoneFile(exampleText(file), { origin: suffixed })
    // What is delegated is no answer of this zone's, and its servers are not on this machine.
    const cuts = records.filter(({ name, type }) => type === RrType.NS && !name.equals(suffixed))
    const answerable = records.filter(({ name }) => !cuts.some(cut => name.isAtOrBelow(cut.name)))
    const sets = Map.groupBy(answerable, ({ name, type }) => `${name.toString()} ${printRrType(type)}`)
    expect(sets.size).toBeGreaterThan(10)
    for (const [question, set] of sets) {
      const [name, type] = question.split(' ') as [string, string]
      expect(lines(await ask('dig', at, name, type)), question).toEqual(lines(set))
    }
  },
)

test.runIf(kdig)('kdig gets the same over TCP, answers too large for UDP included', async () => {
  const { zoneId } = await publishAs('hello', join(examples, 'hello.zone'))
  const name = `www.${zoneId}.signpost.internal.`
  expect(lines(await ask('kdig', at, name, 'A', ['+tcp']))).toEqual([`${name} A 127.0.0.1`])
  const large = join(publisher.sandbox.path, 'large.zone')
  const strings = Array.from(
    { length: 20 },
    (_, n) => `big TXT "${String(n).padStart(3, '0')}${'x'.repeat(200)}"`,
  )
  await writeFile(large, `$TTL 60\n${strings.join('\n')}\n`)
  const { zoneId: largeId } = await publishAs('large', large)
  const big = `big.${largeId}.signpost.internal.`
  expect(await ask('kdig', at, big, 'TXT', ['+tcp'])).toHaveLength(20)
  expect(await ask('kdig', at, big, 'TXT')).toHaveLength(20)
})

test('programs that know nothing of Signpost find a web server by name', async () => {
  const { zoneId } = await publishAs('hello', join(examples, 'hello.zone'))
  const host = `www.${zoneId}.signpost.internal`
  const resolver = new Resolver({ timeout: 10_000, tries: 1 })
  resolver.setServers([gateway.ready.dns[0] as string])
  expect(await resolver.resolve4(host)).toEqual(['127.0.0.1'])
  expect(await resolver.resolve6(host)).toEqual(['::1'])
  expect(await resolver.resolve4(`blog.${zoneId}.signpost.internal`)).toEqual(['127.0.0.1'])
  expect(await resolver.resolve4(`anybody.users.${zoneId}.signpost.internal`)).toEqual(['127.0.0.1'])
  expect(await resolver.resolveTxt(`${zoneId}.signpost.internal`)).toEqual([['Hello from Signpost']])
  expect(await resolver.resolveSrv(`_http._tcp.${zoneId}.signpost.internal`)).toMatchObject([
    { name: host, port: 8080, priority: 0, weight: 0 },
  ])
  await expect(resolver.resolve4(`nothing.${zoneId}.signpost.internal`)).rejects.toMatchObject({
    code: 'ENOTFOUND',
  })

  const server = createServer((request, response) => response.end(`you asked ${request.headers.host}`))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = server.address() as AddressInfo
    expect(await fetchByName(`http://${host}:${port}/`, resolver)).toBe(`you asked ${host}:${port}`)
  } finally {
    server.close()
  }
})

test.runIf(dig)(
  'a new version of a zone is what the gateway answers, and the publisher is not needed for it',
  async () => {
    const file = join(publisher.sandbox.path, 'site.zone')
    await writeFile(file, '$TTL 1\nwww A 192.0.2.1\n')
    const first = await publishAs('site', file)
    const name = `www.${first.zoneId}.signpost.internal.`
    expect(lines(await ask('dig', at, name, 'A'))).toEqual([`${name} A 192.0.2.1`])

    await writeFile(file, '$TTL 1\nwww A 192.0.2.2\n')
    const { code } = await publisher.sandbox.signpost([
      'publish',
      file,
      '--key',
      'site',
      '--ttl',
      '1s',
      ...publisher.join,
    ])
    expect(code).toBe(0)
    // The publisher is a process that has ended. A second gateway, which never saw the first version, asks the peers.
    const other = await network.member()
    const gateway = await startGateway(other)
    const there = endpoint(gateway.ready.dns[0] as string)
    expect(lines(await ask('dig', there, name, 'A'))).toEqual([`${name} A 192.0.2.2`])
    expect(await gateway.end('SIGTERM')).toMatchObject({ code: 0 })
  },
)

test.runIf(dig)('names answer with two of the five nodes killed', async () => {
  const { zoneId } = await publishAs('hello', join(examples, 'hello.zone'))
  const [, , , fourth, fifth] = network.nodes
  await fourth?.end('SIGKILL')
  await fifth?.end('SIGKILL')
  const other = await network.member()
  const gateway = await startGateway(other)
  const name = `maria.users.${zoneId}.signpost.internal.`
  const there = endpoint(gateway.ready.dns[0] as string)
  expect(lines(await ask('dig', there, name, 'A'))).toEqual([`${name} A 127.0.0.2`])
})

test.runIf(dig)('a zone of somebody unknown leads to no private address until it is followed', async () => {
  const file = join(publisher.sandbox.path, 'home.zone')
  await writeFile(file, '$TTL 60\nnas A 192.168.1.9\n')
  const { zoneId } = await publishAs('home', file)
  const other = await network.member()
  const { ready, end } = await other.sandbox.daemon(['up', '--dns', '127.0.0.1:0', ...other.join])
  const name = `nas.${zoneId}.signpost.internal.`
  const there = endpoint(ready.dns[0] as string)
  expect(await digFull(there, name, 'A')).toMatch(/EDE: 17 .*192\.168\.1\.9, a private address/)
  expect((await other.sandbox.signpost(['follow', zoneId])).code).toBe(0)
  expect(lines(await ask('dig', there, name, 'A'))).toEqual([`${name} A 192.168.1.9`])
  expect(await end('SIGTERM')).toMatchObject({ code: 0 })
})

test.runIf(dig)('an owner retires a zone, and its names are denied with the reason', async () => {
  const file = join(publisher.sandbox.path, 'gone.zone')
  await writeFile(file, '$TTL 1\nwww A 192.0.2.1\n')
  const { zoneId } = await publishAs('gone', file)
  const ended = await publisher.sandbox.signpost(['unpublish', '--key', 'gone', '--yes', ...publisher.join])
  expect(ended.code).toBe(0)
  const output = await digFull(at, `www.${zoneId}.signpost.internal.`, 'A')
  expect(output).toContain('status: NXDOMAIN')
  expect(output).toContain('retired')
})

test.runIf(dig)('what nobody published is SERVFAIL with the reason, never NXDOMAIN', async () => {
  const { stdout } = await publisher.sandbox.signpost(['key', 'new', 'silent', '--json'])
  const { zoneId } = JSON.parse(stdout)
  const output = await digFull(at, `www.${zoneId}.signpost.internal.`, 'A')
  expect(output).toContain('status: SERVFAIL')
  expect(output).toContain('EDE: 22')
})

async function fetchByName(url: string, resolver: Resolver): Promise<string> {
  const addresses = await resolver.resolve4(new URL(url).hostname)
  const found = addresses.map(address => ({ address, family: 4 }))
  return new Promise((resolve, reject) => {
    get(url, { lookup: (_host, _options, done) => done(null, found) }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve(text))
      response.on('error', reject)
    }).on('error', reject)
  })
}
