import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { hasTool } from '../../dns/src/debian-tool.test-support.ts'
import { type SignedTree, signTree } from '../../gateway/src/continuity/dnssec/signed-tree.test-support.ts'
import { type DebianServer, startNsdOf, startUnbound } from '../../gateway/src/debian-servers.test-support.ts'
import { type Daemon, type Ended, Sandbox } from './signpost-process.test-support.ts'

// Real processes throughout: the whole command with its node, an authority, a validating resolver, and dig.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 })

const run = promisify(execFile)
const hasTools =
  hasTool(['/usr/sbin/unbound', '-V'], 'unbound') &&
  hasTool(['/usr/sbin/nsd', '-v'], 'nsd') &&
  hasTool(['dig', '-v'], 'bind9-dnsutils') &&
  hasTool(['dnssec-signzone', '-V'], 'bind9-utils')

let sandbox: Sandbox
let signpost: Sandbox['signpost']
let dns: OrdinaryDns | undefined
beforeEach(async () => {
  sandbox = await Sandbox.create()
  signpost = async (...args) => sandbox.signpost(...args)
})
afterEach(async () => {
  await sandbox[Symbol.asyncDispose]()
  await dns?.stop()
  dns = undefined
})

/** A root, `com.`, and in it a domain that is signed and one that is not; and a resolver that asks for them. */
class OrdinaryDns {
  readonly tree: SignedTree
  readonly port: number
  private readonly servers: readonly DebianServer[]
  private isStopped = false

  private constructor(tree: SignedTree, servers: readonly DebianServer[]) {
    this.tree = tree
    this.servers = servers
    this.port = servers[0]?.at.port ?? 0
  }

  /** @param pins what `_signpost` says in each domain. */
  static async start(pins: { signed: string; plain: string }): Promise<OrdinaryDns> {
    const tree = await signTree({
      '.': { signing: {} },
      'com.': { signing: {} },
      'signed.com.': { signing: {}, records: pinnedTo(pins.signed) },
      'plain.com.': { records: pinnedTo(pins.plain) },
    })
    return OrdinaryDns.serve(tree)
  }

  static async serve(tree: SignedTree): Promise<OrdinaryDns> {
    const nsd = await startNsdOf(tree.zones)
    const settings = ['module-config: "validator iterator"', 'trust-anchor-file: "%/anchors"']
    const files = { anchors: tree.ds['.'] ?? '' }
    const unbound = await startUnbound([], { settings, files, forwardTo: nsd.at })
    return new OrdinaryDns(tree, [unbound, nsd])
  }

  /** The same but for what the unsigned domain says. */
  async naming(zoneId: string, instead: string): Promise<OrdinaryDns> {
    const plain = (this.tree.zones['plain.com.'] ?? '').replace(zoneId, instead)
    return OrdinaryDns.serve({ ...this.tree, zones: { ...this.tree.zones, 'plain.com.': plain } })
  }

  async stop(): Promise<void> {
    if (this.isStopped) return
    this.isStopped = true
    for (const server of this.servers) await server[Symbol.asyncDispose]()
  }
}

function pinnedTo(zoneId: string): string {
  return `_signpost TXT "zone=${zoneId}"\nwww A 93.184.216.34\n`
}

async function config({ port, tree }: OrdinaryDns, more = ''): Promise<string> {
  const [file, anchors] = [join(sandbox.path, 'signpost.toml'), join(sandbox.path, 'anchors')]
  await writeFile(anchors, tree.ds['.'] ?? '')
  await writeFile(
    file,
    `[gateway]
upstreams = ["127.0.0.1:${port}"]
trust-anchors = ${JSON.stringify(anchors)}
hosts = false
${more}
[gateway.limits]
guard-proof = 1
pin-pace = 1
positive-ttl = 1
stale-kept = 0
`,
  )
  return file
}

/** A key's zone ID, with the key in the sandbox. */
async function newKey(name: string): Promise<string> {
  return (json(await signpost(['key', 'new', name, '--json'])) as { zoneId: string }).zoneId
}

async function publish(key: string, zone: string): Promise<void> {
  const file = join(sandbox.path, `${key}.zone`)
  await writeFile(file, zone)
  const published = await signpost(['publish', file, '--key', key, '--min-acks', '0'])
  expect([published.code, published.stderr]).toMatchObject([0, expect.anything()])
}

function json(ended: Ended): unknown {
  return JSON.parse(ended.stdout)
}

/** What dig gets: the answers, or the status; `ad` where it is set; the extended error. */
async function dig({ ready }: Daemon, name: string, type = 'A'): Promise<string> {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(ready.dns[0] ?? '') ?? []
  const args = [`@${host}`, '-p', port, '+tries=1', '+timeout=9', '+adflag', name, type]
  const { stdout } = await run('dig', args)
  const answers = [...stdout.matchAll(/^[^;\s].*\sIN\s+(\S+)\s+(.*)$/gm)]
    .filter(([, found]) => found === type || found === 'CNAME')
    .map(([line]) => line.replaceAll(/\s+/g, ' '))
  const [, status] = /status: (\w+)/.exec(stdout) ?? []
  const flags = / ad[ ;]/.test(/flags:.*/.exec(stdout)?.[0] ?? '') ? ['ad'] : []
  const errors = [...stdout.matchAll(/EDE: (\d+)/g)].map(([, code]) => `EDE ${code}`)
  return [...(answers.length > 0 ? answers : [status]), ...flags, ...errors].join(' ')
}

async function pins(): Promise<unknown> {
  return json(await signpost(['pin', 'list', '--json']))
}

const patiently = { timeout: 30_000, interval: 300 }

/** Names are used until their domains' pins are known. */
async function untilPinned(daemon: Daemon, expected: readonly object[]): Promise<void> {
  await expect
    .poll(async () => {
      for (const name of ['www.signed.com', 'www.plain.com']) await dig(daemon, name)
      return pins()
    }, patiently)
    .toMatchObject(expected)
}

const ZONE = `www 600 A 93.184.216.7
alias CNAME www
* TXT wild
`

describe.skipIf(!hasTools)('with real servers', () => {
  test('domains are answered from their owner’s zone when ordinary DNS is away, also after a kill -9', async () => {
    const zoneId = await newKey('owner')
    dns = await OrdinaryDns.start({ signed: zoneId, plain: zoneId })
    const file = await config(dns)
    const first = await sandbox.daemon(['up', '--config', file])
    await publish('owner', ZONE)
    expect(await dig(first, 'www.signed.com')).toMatch(/^www\.signed\.com\. \d+ IN A 93\.184\.216\.34$/)
    await untilPinned(first, [
      { domain: 'plain.com', zoneId, by: 'first-use' },
      { domain: 'signed.com', zoneId, by: 'dnssec' },
    ])
    expect((await signpost(['pin', 'list'])).stdout).toBe(
      `plain.com ${zoneId} by first use\nsigned.com ${zoneId} by DNSSEC\n`,
    )
    expect((await signpost(['status'])).stdout).toContain(
      'pins      2 domains: 1 by DNSSEC, 1 by first use, 0 by you; 0 more seen once\n',
    )

    await dns.stop()
    const served = async (daemon: Daemon): Promise<void> => {
      await expect
        .poll(() => dig(daemon, 'www.signed.com'), patiently)
        .toBe('www.signed.com. 30 IN A 93.184.216.7 ad EDE 3')
      expect(await dig(daemon, 'www.plain.com')).toBe('www.plain.com. 30 IN A 93.184.216.7 EDE 3')
      expect(await dig(daemon, 'alias.signed.com')).toBe(
        'alias.signed.com. 30 IN CNAME www.signed.com. www.signed.com. 30 IN A 93.184.216.7 ad EDE 3',
      )
      expect(await dig(daemon, 'x.y.plain.com', 'TXT')).toBe('x.y.plain.com. 30 IN TXT "wild" EDE 3')
      expect(await dig(daemon, 'a.www.signed.com')).toBe('NXDOMAIN ad EDE 19')
      expect(await dig(daemon, 'www.example.org')).toMatch(/^SERVFAIL/)
    }
    await served(first)
    await first.end('SIGKILL')
    await served(await sandbox.daemon(['up', '--config', file]))
    expect((await signpost(['status'])).stdout).toMatch(
      /stood in {2}for ordinary DNS: \d+ answers of owners' zones/,
    )
  })

  test('another zone is named, and the user decides', async () => {
    const [first, second] = [await newKey('first'), await newKey('second')]
    dns = await OrdinaryDns.start({ signed: first, plain: first })
    const daemon = await sandbox.daemon(['up', '--config', await config(dns)])
    await untilPinned(daemon, [
      { domain: 'plain.com', zoneId: first, by: 'first-use' },
      { domain: 'signed.com' },
    ])
    expect(await signpost(['pin', 'accept', 'plain.com'])).toMatchObject({ code: 3, stdout: '' })

    const before = dns
    dns = await before.naming(first, second)
    await before.stop()
    await config(dns)
    daemon.signal('SIGHUP')
    await untilPinned(daemon, [
      { domain: 'plain.com', zoneId: first, conflict: { zoneId: second } },
      { domain: 'signed.com', by: 'dnssec' },
    ])
    expect((await signpost(['status'])).stdout).toMatch(
      new RegExp(` {10}plain\\.com: it names ${second} for \\d+s, .* signpost pin accept plain\\.com\n`),
    )
    expect((await signpost(['pin', 'accept', 'Plain.com.'])).stdout).toBe(
      `plain.com is pinned to ${second} now\n`,
    )
    expect(await pins()).toMatchObject([{ domain: 'plain.com', zoneId: second, by: 'first-use' }, {}])

    expect((await signpost(['pin', 'set', 'signed.com', second])).stdout).toBe(
      `signed.com is pinned to ${second} now\n`,
    )
    expect((await signpost(['pin', 'list'])).stdout).toMatch(
      new RegExp(`signed\\.com ${second} by you; it names ${first} .* signpost pin remove signed\\.com\n`),
    )
    expect((await signpost(['pin', 'remove', 'signed.com'])).code).toBe(0)
    await untilPinned(daemon, [{ zoneId: second }, { domain: 'signed.com', zoneId: first, by: 'dnssec' }])
  })

  test('where the user wants no pins none are learned, and those count that the user sets', async () => {
    const zoneId = await newKey('owner')
    dns = await OrdinaryDns.start({ signed: zoneId, plain: zoneId })
    const file = await config(dns, 'pins = false')
    expect((await signpost(['pin', 'list'])).stderr).toContain('no domain is pinned')
    expect((await signpost(['pin', 'set', 'Plain.com.', 'owner'])).stdout).toBe(
      `plain.com is pinned to ${zoneId} now\n`,
    )
    expect((await signpost(['pin', 'set', 'plain.com', zoneId])).stdout).toContain('already')
    await sandbox.daemon(['node'])
    const beside = await sandbox.daemon(['gateway', '--config', file])
    await publish('owner', ZONE)
    expect(await dig(beside, 'www.signed.com')).toContain('93.184.216.34')
    await dns.stop()
    await expect
      .poll(() => dig(beside, 'www.plain.com'), patiently)
      .toBe('www.plain.com. 30 IN A 93.184.216.7 EDE 3')
    await expect.poll(() => dig(beside, 'www.signed.com'), patiently).toMatch(/^SERVFAIL/)
    expect((await signpost(['pin', 'set', 'signed.com', zoneId])).code).toBe(0)
    await expect.poll(() => dig(beside, 'www.signed.com'), patiently).toContain('93.184.216.7 EDE 3')
    expect(await pins()).toEqual([
      { domain: 'plain.com', zoneId, by: 'user' },
      { domain: 'signed.com', zoneId, by: 'user' },
    ])
    expect((await signpost(['pin', 'remove', 'signed.com', '--json'])).stdout).toBe(
      '{"domain":"signed.com","wasKnown":true,"others":1}\n',
    )
    await expect
      .poll(() => dig(beside, 'www.signed.com'), { timeout: 60_000, interval: 500 })
      .toMatch(/^SERVFAIL/)
  })

  test('what cannot be pinned is refused, and forgotten', async () => {
    const zoneId = await newKey('owner')
    await sandbox.daemon(['up'])
    const refused = await signpost(['pin', 'set', 'alice.signpost.internal', zoneId, '--json'])
    expect(refused.code).toBe(2)
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'INVALID_CONFIG' } })
    expect(await pins()).toEqual([])
    expect(await signpost(['pin', 'set', '*.example.com', zoneId])).toMatchObject({ code: 2 })
    expect(await signpost(['pin', 'set', 'example.com', 'nobody'])).toMatchObject({ code: 3 })
    expect(await signpost(['pin', 'remove', 'example.com'])).toMatchObject({ code: 3 })
  })

  test('trust anchors that cannot be used are an error that names the option', async () => {
    const file = join(sandbox.path, 'signpost.toml')
    for (const [anchors, problem] of [
      ['missing', 'ENOENT'],
      ['signpost.toml', 'trust-anchors'],
    ] as const) {
      await writeFile(file, `[gateway]\ntrust-anchors = ${JSON.stringify(join(sandbox.path, anchors))}\n`)
      const refused = await signpost(['up', '--config', file])
      expect(refused.code).toBe(2)
      expect(refused.stderr).toContain(problem)
    }
  })
})
