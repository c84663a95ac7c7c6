// The Delegated Routing V1 HTTP API between Signpost and kubo, each as the server of the other.
import { zoneIdOfRoutingKey } from '@signpost/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Sandbox } from '../../packages/cli/src/signpost-process.test-support.ts'
import { SteppedClock } from '../../packages/node/src/engine.test-support.ts'
import { silentLogger } from '../../packages/node/src/logger.ts'
import { RECORD_TYPE } from '../../packages/node/src/routing/delegated-api.ts'
import { DelegatedRouting } from '../../packages/node/src/routing/delegated-routing.ts'
import { type TestHolder, describeRouting } from '../../packages/node/src/routing/routing.test-support.ts'
import { hasKubo } from './kubo/binary.ts'
import { Kubo, type Config } from './kubo/daemon.ts'
import { Namespace, namespaceProblem } from './namespace.ts'
import { publish } from './owner.ts'

const problem = namespaceProblem()
if (problem !== undefined) console.warn(`tests are skipped: ${problem}`)

describe.skipIf(!hasKubo() || problem !== undefined)('over HTTP', () => {
  let namespace: Namespace

  beforeAll(async () => {
    namespace = await Namespace.create()
  })

  afterAll(async () => {
    await namespace[Symbol.asyncDispose]()
  })

  describeRouting('DelegatedRouting to kubo', async count => {
    const open = new AsyncDisposableStack()
    const kubos = await Promise.all(
      Array.from({ length: count }, async () => open.use(await Kubo.start(namespace))),
    )
    const urls = await Promise.all(kubos.map(kubo => kubo.api()))
    return {
      routing: new DelegatedRouting(urls, { clock: new SteppedClock(), logger: silentLogger }),
      holders: urls.map(holderAt),
      [Symbol.asyncDispose]: () => open.disposeAsync(),
    }
  })

  test('a zone that a node put to kubo over HTTP is found there, and by whoever is near that kubo node', async () => {
    await using router = await Kubo.start(namespace)
    await using neighbour = await Kubo.start(namespace)
    await neighbour.connect(router.address)
    const url = await router.api()
    await using owner = await Sandbox.create()
    const { zoneId, acks, record } = await publish(owner, 'by HTTP', ['--delegated-routing', url])
    expect(acks).toBe(1)
    await using reader = await Sandbox.create()
    const found = await reader.signpost(['resolve', zoneId, 'TXT', '--short', '--delegated-routing', url])
    expect(found).toMatchObject({ code: 0, stdout: '"by HTTP"\n' })
    await expect.poll(() => neighbour.get(zoneId), { timeout: 20_000 }).toEqual(record)
  })

  test.each(['custom', 'delegated', 'auto'] as const)(
    'a kubo node whose routing is %s resolves and publishes through a Signpost node',
    async type => {
      await using server = await Sandbox.create(namespace.prefix)
      const { ready } = await server.daemon(['node', '--network', 'lan', '--http', '127.0.0.1:0'])
      const { zoneId, record } = await publish(server, 'served', ['--min-acks', '0'])
      await using kubo = await Kubo.start(namespace, routingThrough(type, ready.http ?? ''))

      expect(await kubo.ask(['name', 'resolve', '--nocache', zoneId])).toBe('/ipfs/bafkqaaa')
      const got = await kubo.get(zoneId)
      expect(got).toEqual(record)
      expect(await kubo.ask(['name', 'inspect', '--verify', zoneId, '--dump=false'], got)).toMatch(
        /Valid: +true/,
      )

      const name = await kubo.ask(['key', 'gen', '--type=ed25519', '--ipns-base=base36', 'site'])
      expect((await kubo.ipfs(['name', 'resolve', '--nocache', name])).stderr).toContain(
        'could not resolve name',
      )
      await kubo.ask(['name', 'publish', '--key=site', '--ttl=1s', '/ipfs/bafkqaaa'])
      const { code, stderr } = await server.signpost(['resolve', name, 'TXT'])
      expect([code, stderr]).toEqual([3, expect.stringContaining('no zone in it')])
      expect(await kubo.ask(['name', 'resolve', '--nocache', name])).toBe('/ipfs/bafkqaaa')
      // A stranger's name: nobody here keeps it alive.
      const { stdout } = await server.signpost(['inspect', name, '--json'])
      expect(JSON.parse(stdout)).toMatchObject({ value: '/ipfs/bafkqaaa', node: { own: false } })
    },
  )

  test('of two records that kubo puts to a Signpost node, the newer one stays', async () => {
    await using server = await Sandbox.create(namespace.prefix)
    const { ready } = await server.daemon(['node', '--network', 'lan', '--http', '127.0.0.1:0'])
    await using owner = await Sandbox.create()
    const older = await publish(owner, 'first', ['--min-acks', '0'])
    const newer = await publish(owner, 'second', ['--min-acks', '0'])
    const { zoneId } = newer
    await using kubo = await Kubo.start(namespace, routingThrough('custom', ready.http ?? ''))

    await kubo.put(zoneId, newer.record)
    expect(await kubo.get(zoneId)).toEqual(newer.record)
    await kubo.put(zoneId, older.record)

    expect(await kubo.get(zoneId)).toEqual(newer.record)
  })
})

function holderAt(url: string): TestHolder {
  const at = (key: Uint8Array): string => `${url}/routing/v1/ipns/${zoneIdOfRoutingKey(key)}`
  return {
    peer: url,
    held: async key => {
      const response = await fetch(at(key))
      const body = new Uint8Array(await response.arrayBuffer())
      return response.headers.get('content-type') === RECORD_TYPE ? body : undefined
    },
    hold: async (key, value) => {
      const body = Uint8Array.from(value)
      await fetch(at(key), { method: 'PUT', headers: { 'content-type': RECORD_TYPE }, body })
    },
  }
}

/** kubo's settings for names through a delegated router, alone or beside its DHT. */
function routingThrough(type: 'custom' | 'delegated' | 'auto', url: string): Config {
  if (type !== 'custom')
    return {
      Routing: { Type: type, DelegatedRouters: [url] },
      Ipns: { DelegatedPublishers: [url] },
      // It does not start as a client alone otherwise.
      ...(type === 'delegated' ? { Provide: { Enabled: false } } : {}),
    }
  const methods = ['provide', 'find-providers', 'find-peers', 'put-ipns', 'get-ipns']
  return {
    Routing: {
      Type: type,
      Routers: { Signpost: { Type: 'http', Parameters: { Endpoint: url } } },
      Methods: Object.fromEntries(methods.map(method => [method, { RouterName: 'Signpost' }])),
    },
  }
}
