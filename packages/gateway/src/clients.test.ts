import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { type Socket, connect } from 'node:net'
import { encodeMessage } from '@signpost/dns'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasTool } from '../../dns/src/debian-tool.test-support.ts'
import { queryFor } from './asking.test-support.ts'
import { type Gateway, createGateway } from './create-gateway.ts'
import { startUnbound } from './debian-servers.test-support.ts'
import type { Endpoint } from './endpoint.ts'
import type { GatewayOptions } from './options.ts'
import {
  type TestCertificate,
  makeTestCertificate,
} from './transports/certificate/certificate.test-support.ts'
import { PublishedZones, idOf } from './zones.test-support.ts'

const run = promisify(execFile)
const ANY_PORT = { host: '127.0.0.1', port: 0 }
const NAME = `www.${idOf(1)}.signpost.internal`
const STRANGER = '127.0.0.2'
const hasDig = hasTool(['dig', '-v'], 'bind9-dnsutils')
const hasKdig = hasTool(['kdig', '-V'], 'knot-dnsutils')
const hasCurl = hasTool(['curl', '--version'], 'curl')

let certificate: TestCertificate
beforeAll(async () => {
  certificate = await makeTestCertificate()
})
afterAll(async () => {
  await certificate[Symbol.asyncDispose]()
})

async function start(options: Partial<GatewayOptions>): Promise<Gateway> {
  const zones = new PublishedZones()
  await zones.publish(1, 'www A 192.0.2.1\n')
  return createGateway({
    resolver: zones,
    listen: [ANY_PORT],
    tls: [ANY_PORT],
    https: [ANY_PORT],
    certificate: certificate.files,
    now: () => zones.now,
    ...options,
  })
}

async function ask(tool: 'dig' | 'kdig', gateway: Gateway, from: string, ...more: string[]): Promise<string> {
  const [at] = more.includes('+tls') ? gateway.tlsAddresses : gateway.addresses
  const args = ['@127.0.0.1', '-p', String(at!.port), '-b', from, ...more, NAME]
  return (await run(tool, args)).stdout
}

test.skipIf(!hasDig)(
  'dig from an address that is not allowed is refused over UDP and TCP, and hears why',
  async () => {
    await using gateway = await start({ allow: ['127.0.0.1'] })
    for (const transport of ['+notcp', '+tcp']) {
      const refused = await ask('dig', gateway, STRANGER, transport, '+tries=1')
      expect(refused).toMatch(/status: REFUSED/)
      expect(refused).toMatch(/EDE: 18 \(Prohibited\): \(127\.0\.0\.2 may not ask here; .*"allow"/)
      expect(await ask('dig', gateway, '127.0.0.1', transport)).toMatch(/status: NOERROR/)
    }
    expect(gateway.stats()).toMatchObject({ limited: { stranger: 2 }, outcomes: { refused: 2, answer: 2 } })
  },
)

test.skipIf(!hasKdig || !hasCurl)('the same over TLS; over HTTPS it is 403', async () => {
  await using gateway = await start({ allow: ['127.0.0.1'] })
  expect(await ask('kdig', gateway, STRANGER, '+tls', '+retry=0')).toMatch(/status: REFUSED/)
  expect(await ask('kdig', gateway, '127.0.0.1', '+tls', '+retry=0')).toMatch(/status: NOERROR/)
  const url = `https://127.0.0.1:${gateway.httpsAddresses[0]!.port}/dns-query?dns=AAABAAABAAAAAAAAAAABAAE`
  const status = async (from: string, version: string): Promise<string> => {
    const args = [
      '--silent',
      '--insecure',
      version,
      '--interface',
      from,
      '--write-out',
      '\n%{http_code}',
      url,
    ]
    const { stdout } = await run('curl', args, { encoding: 'latin1' })
    return stdout.slice(from === STRANGER ? 0 : -3)
  }
  for (const version of ['--http1.1', '--http2']) {
    expect(await status(STRANGER, version)).toMatch(/^Your address may not ask here.*\n+403$/)
    expect(await status('127.0.0.1', version)).toBe('200')
  }
  while (Object.values(gateway.stats().connections.open).some(count => count > 0))
    await new Promise(setImmediate)
})

test('strangers are refused at a bounded rate, and then met with silence over UDP and let go over TCP', async () => {
  await using gateway = await start({ allow: ['127.0.0.1'], limits: { strangersRefused: 1 } })
  const at = gateway.addresses[0]!
  const socket = createSocket('udp4')
  socket.bind(0, STRANGER)
  await once(socket, 'listening')
  const packet = encodeMessage(queryFor(NAME))
  const replies: Uint8Array[] = []
  socket.on('message', reply => replies.push(reply))
  for (let n = 0; n < 20; n++) socket.send(packet, at.port, at.host)
  while (gateway.stats().limited.stranger < 20) await new Promise(setImmediate)
  while (replies.length < 5) await new Promise(setImmediate)
  expect(gateway.stats()).toMatchObject({ silent: 15, outcomes: { refused: 5 }, packets: { udp: 20 } })
  socket.close()
  const stream = connect({ ...at, localAddress: STRANGER }).resume()
  await once(
    stream.on('error', () => {}),
    'close',
  )
  expect(gateway.stats().packets.tcp).toBe(0)
})

function comeAsStranger(at: Endpoint): Socket {
  return connect({ ...at, localAddress: STRANGER }).resume()
}

test('a stranger who connects and says nothing is let go soon, and holds up nobody who stops the gateway', async () => {
  await using gateway = await start({ allow: ['127.0.0.1'] })
  const places = [...gateway.addresses, ...gateway.tlsAddresses, ...gateway.httpsAddresses]
  await Promise.all(places.map(async at => once(comeAsStranger(at), 'close')))
  const stays = comeAsStranger(places[0]!)
  await once(stays, 'connect')
  await gateway.stop()
  expect(gateway.stats().connections.open).toEqual({ tcp: 0, tls: 0, https: 0 })
})

test.skipIf(!hasDig || !hasKdig)(
  'a real client over its rate gets its answer all the same: by a cookie where it knows them, else over TCP',
  async () => {
    await using gateway = await start({ unlimited: ['127.0.0.9'], limits: { clientQueries: 1, slip: 1 } })
    for (let n = 0; n < 5; n++) await ask('kdig', gateway, STRANGER, '+nocookie')
    const overTcp = await ask('kdig', gateway, STRANGER, '+nocookie')
    expect(overTcp).toMatch(/status: NOERROR/)
    expect(overTcp).toMatch(/\(TCP\)/)
    const byCookie = await ask('dig', gateway, STRANGER, '+cookie', '+badcookie')
    expect(byCookie).toMatch(/status: NOERROR/)
    expect(byCookie).toMatch(/COOKIE: [\da-f]{48} \(good\)/)
    expect(byCookie).toMatch(/\(UDP\)/)
    expect(gateway.stats()).toMatchObject({ outcomes: { answer: 7, 'over-tcp': 1, 'bad-cookie': 1 } })
    expect(await ask('dig', gateway, '127.0.0.9', '+ignore')).toMatch(/status: NOERROR/)
  },
)

test.skipIf(!hasDig || !hasTool(['/usr/sbin/unbound', '-V'], 'unbound'))(
  "dig gets no private address of a stranger's name, and gets it where the domain is an exception",
  async () => {
    await using unbound = await startUnbound([
      'router.evil.example. A 192.168.1.1',
      'www.evil.example. A 192.0.2.1',
    ])
    const lookUp = async (options: Partial<GatewayOptions>): Promise<string> => {
      await using gateway = await start({ upstreams: [unbound.at], ...options })
      const [at] = gateway.addresses
      return (await run('dig', ['@127.0.0.1', '-p', String(at!.port), 'router.evil.example'])).stdout
    }
    const held = await lookUp({})
    expect(held).toMatch(/status: NOERROR.*\n.*ANSWER: 0, AUTHORITY: 0/)
    expect(held).toMatch(/EDE: 17 \(Filtered\): \(router\.evil\.example\. leads to 192\.168\.1\.1/)
    expect(await lookUp({ rebinding: { exceptions: ['evil.example'] } })).toMatch(/192\.168\.1\.1$/m)
  },
)
