// Signpost and kubo as peers of one network, in a network namespace of their own.
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Sandbox } from '../../packages/cli/src/signpost-process.test-support.ts'
import { hasTool } from '../../packages/dns/src/debian-tool.test-support.ts'
import { digFull, endpoint } from '../e2e/dig.ts'
import { hasKubo } from './kubo/binary.ts'
import { Kubo } from './kubo/daemon.ts'
import { Namespace, namespaceProblem } from './namespace.ts'
import { type Published, publish as publishTo } from './owner.ts'

const problem = namespaceProblem()
if (problem !== undefined) console.warn(`tests are skipped: ${problem}`)
const dig = hasTool(['dig', '-v'], 'bind9-dnsutils')

describe.skipIf(!hasKubo() || problem !== undefined)('among kubo nodes', () => {
  const open = new AsyncDisposableStack()
  let namespace: Namespace
  let kubos: readonly Kubo[]

  const sandbox = (): Promise<Sandbox> => Sandbox.create(namespace.prefix)
  beforeAll(async () => {
    namespace = open.use(await Namespace.create())
    kubos = await Promise.all([1, 2, 3].map(async () => open.use(await Kubo.start(namespace))))
    // A chain: only the DHT brings the ends together.
    await kubos[0]!.connect(kubos[1]!.address)
    await kubos[1]!.connect(kubos[2]!.address)
  })

  afterAll(async () => {
    await open.disposeAsync()
  })

  /** Publishes a zone of one TXT record, as an owner who knows one peer. */
  function publish(owner: Sandbox, text: string, peer = kubos[0]!.address): Promise<Published> {
    return publishTo(owner, text, by(peer))
  }

  /** What a node that has nothing on disk finds, knowing one kubo node. */
  async function resolve(
    zoneId: string,
    peer: Kubo,
  ): Promise<{ code: number | null; said: string; answers: string[] }> {
    await using reader = await sandbox()
    const { code, stdout, stderr } = await reader.signpost([
      'resolve',
      zoneId,
      'TXT',
      '--short',
      ...by(peer.address),
    ])
    return { code, said: stderr, answers: stdout.split('\n').filter(Boolean) }
  }

  test('kubo keeps what Signpost publishes octet for octet, calls it valid, and resolves its path', async () => {
    await using owner = await sandbox()
    const { zoneId, record, acks } = await publish(owner, 'kept by kubo')
    expect(acks).toBe(kubos.length)
    for (const kubo of kubos) {
      expect(await kubo.get(zoneId)).toEqual(record)
      expect(await kubo.ask(['name', 'inspect', '--verify', zoneId, '--dump=false'], record)).toMatch(
        /Valid: +true/,
      )
      expect(await kubo.ask(['name', 'resolve', '--nocache', zoneId])).toBe('/ipfs/bafkqaaa')
    }
  })

  test('a node finds a zone that only kubo nodes hold', async () => {
    await using owner = await sandbox()
    const { zoneId } = await publish(owner, 'held by kubo alone')
    for (const kubo of kubos)
      expect(await resolve(zoneId, kubo)).toMatchObject({ code: 0, answers: ['"held by kubo alone"'] })
  })

  test('a kubo node finds a zone that only a Signpost node holds', async () => {
    await using owner = await sandbox()
    await using holder = await sandbox()
    const { ready } = await holder.daemon(['node', '--network', 'lan'])
    const { zoneId, record, acks } = await publish(owner, 'held by Signpost alone', ready.addresses[0])
    expect(acks).toBe(1)
    await using reader = await Kubo.start(namespace)

    await reader.connect(ready.addresses[0] as string)

    // It takes a peer into its table some time after it has met it.
    await expect.poll(() => reader.get(zoneId), POLL).toEqual(record)
  })

  test('a name that ipfs publishes has no zone, and every way to ask says so', async () => {
    const [kubo] = kubos
    const name = await publishSite(kubo!, 'site')

    expect(await resolve(name, kubos[2]!)).toMatchObject({
      code: 3,
      answers: [],
      said: expect.stringContaining(`${name} has a signed record, but no zone in it`),
    })
    await using reader = await sandbox()
    const { code, stdout } = await reader.signpost(['resolve', name, 'TXT', '--json', ...by(kubo!.address)])
    expect([code, JSON.parse(stdout)]).toMatchObject([3, { status: 'no-zone', answers: [] }])
    const inspected = await reader.signpost(['inspect', name, ...by(kubo!.address)])
    expect(inspected.stdout).toMatch(/value +\/ipfs\/bafkqaaa\ncontent +no zone/)
  })

  test.runIf(dig)('a gateway says of such a name in DNS that it has no zone', async () => {
    const [kubo] = kubos
    const name = await publishSite(kubo!, 'site-in-dns')
    await using reader = await sandbox()
    const gateway = await reader.daemon(['up', ...by(kubo!.address)])
    const at = endpoint(gateway.ready.dns[0] as string)
    const reply = await digFull(at, `${name}.signpost.internal`, 'A', [], namespace.prefix)
    expect(reply).toContain('status: SERVFAIL')
    expect(reply).toMatch(new RegExp(`EDE: 24 .*${name} is genuine but has no DNS zone`))
  })

  test('one key has a site of IPFS and a zone, also when kubo publishes its site again', async () => {
    const [kubo] = kubos
    const site = `/ipfs/${await kubo!.ask(['add', '--quiet', '--cid-version=1'], Buffer.from('a page'))}`
    const name = await publishSite(kubo!, 'both', site)
    await using owner = await sandbox()
    const pem = join(owner.path, 'both.pem')
    await kubo!.ask(['key', 'export', 'both', '--format=pem-pkcs8-cleartext', '--output', pem])
    expect(await owner.signpost(['key', 'import', 'owner', pem])).toMatchObject({ code: 0 })

    const { zoneId, sequence } = await publish(owner, 'and a zone')

    expect([zoneId, sequence]).toEqual([name, 1])
    for (const other of kubos) expect(await other.ask(['name', 'resolve', '--nocache', name])).toBe(site)
    expect(await resolve(name, kubos[2]!)).toMatchObject({ answers: ['"and a zone"'] })
    // As it does by itself every four hours: its own last record, with the sequence that it had and a later end.
    await kubo!.ask(['name', 'publish', '--key=both', site])
    expect(await resolve(name, kubos[2]!)).toMatchObject({ answers: ['"and a zone"'] })
  })

  test('a newer record replaces an older one at kubo, and an older one never a newer one', async () => {
    await using owner = await sandbox()
    const older = await publish(owner, 'first')
    const newer = await publish(owner, 'second')
    expect(newer.zoneId).toBe(older.zoneId)
    const { zoneId } = newer
    for (const kubo of kubos) expect(await kubo.get(zoneId)).toEqual(newer.record)

    for (const kubo of kubos) await kubo.put(zoneId, older.record)

    for (const kubo of kubos) expect(await kubo.get(zoneId)).toEqual(newer.record)
    expect(await resolve(zoneId, kubos[1]!)).toMatchObject({ answers: ['"second"'] })
  })

  test('a kubo node with an older record does not roll a node back, and gets the newer one from it', async () => {
    await using owner = await sandbox()
    await using holder = await sandbox()
    const { ready } = await holder.daemon(['node', '--network', 'lan'])
    const address = ready.addresses[0] as string
    const { zoneId, record: older } = await publish(owner, 'first', address)
    const { record: newer } = await publish(owner, 'second', address)
    await using late = await Kubo.start(namespace)
    await late.put(zoneId, older, '--allow-offline')
    await late.connect(address)
    await expect.poll(() => late.ask(['stats', 'dht', 'lan']), POLL).toContain(peerOf(address))

    await late.put(zoneId, older)

    await using witness = await Kubo.start(namespace)
    await witness.connect(address)
    await expect.poll(() => witness.get(zoneId), POLL).toEqual(newer)
    const { stdout } = await holder.signpost([
      'resolve',
      zoneId,
      'TXT',
      '--short',
      '--policy',
      'network-first',
    ])
    expect(stdout).toBe('"second"\n')
    await expect.poll(() => late.get(zoneId), POLL).toEqual(newer)
  })
})

// Other programs' own time, which no event tells.
const POLL = { timeout: 20_000 }

/** Flags of a node that knows one peer. */
function by(address: string): string[] {
  return ['--network', 'lan', '--bootstrap', address]
}

function peerOf(address: string): string {
  return address.slice(address.lastIndexOf('/') + 1)
}

/** A name without a zone, as `ipfs name publish` makes it. */
async function publishSite(kubo: Kubo, key: string, path = '/ipfs/bafkqaaa'): Promise<string> {
  const name = await kubo.ask(['key', 'gen', '--type=ed25519', '--ipns-base=base36', key])
  await kubo.ask(['name', 'publish', `--key=${key}`, path])
  return name
}
