import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { type Socket, createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import type { ZoneId } from '@signpost/core'
import { encodeMessage } from '@signpost/dns'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { TcpClient, askTcp, askUdp, lines, queryFor } from './asking.test-support.ts'
import type { Gateway } from './create-gateway.ts'
import type { Endpoint } from './endpoint.ts'
import { SecureGateways, WWW } from './secure-gateways.test-support.ts'
import { keepSelfSigned, selfSignedFiles } from './transports/certificate/self-signed-files.ts'
import { frame } from './transports/frames.ts'
import { Http1Client, Http2Client, getFor, messageIn, postFor } from './transports/https.test-support.ts'
import { PublishedZones, START } from './zones.test-support.ts'

let gateways: SecureGateways
beforeAll(async () => {
  gateways = await SecureGateways.create()
})
afterEach(() => gateways.closeAll())
afterAll(() => gateways[Symbol.asyncDispose]())

async function askTls(to: Endpoint, name: string): Promise<string[]> {
  const client = new TcpClient(to, at => gateways.connectTls(at))
  try {
    client.ask(queryFor(name))
    return lines((await client.next())?.answers ?? [])
  } finally {
    client.destroy()
  }
}

test('over TLS and HTTPS, on IPv4 and IPv6, the same answer comes as over UDP and TCP, and all are counted', async () => {
  const gateway = await gateways.start()
  const answer = [`${WWW}. 300 IN A 192.0.2.1`]
  for (const n of [0, 1]) {
    const [at, tls, https] = [gateway.addresses[n]!, gateway.tlsAddresses[n]!, gateway.httpsAddresses[n]!]
    expect(lines((await askUdp(at, queryFor(WWW))).answers)).toEqual(answer)
    expect(lines((await askTcp(at, queryFor(WWW))).answers)).toEqual(answer)
    expect(await askTls(tls, WWW)).toEqual(answer)
    for (const client of [new Http2Client(https, gateways.ca), new Http1Client(https, gateways.ca)]) {
      gateways.closeLater(client)
      const reply = await client.ask(postFor(encodeMessage(queryFor(WWW))))
      expect(lines(messageIn(reply).answers)).toEqual(answer)
      expect(reply.headers['cache-control']).toBe('max-age=300')
    }
  }
  const { packets, certificateExpiresAt } = gateway.stats()
  expect(packets).toEqual({ udp: 2, tcp: 2, tls: 2, https: 4 })
  expect(certificateExpiresAt).toBeGreaterThan(Date.now())
})

test('what is too large for UDP comes whole over TLS and HTTPS, and a denial may be kept as its SOA says', async () => {
  const gateway = await gateways.start()
  const big = WWW.replace('www', 'big')
  expect(await askTls(gateway.tlsAddresses[0]!, big)).toHaveLength(200)
  const client = new Http2Client(gateway.httpsAddresses[0]!, gateways.ca)
  gateways.closeLater(client)
  const whole = messageIn(await client.ask(getFor(encodeMessage(queryFor(big)))))
  expect(whole).toMatchObject({ truncated: false })
  expect(whole.answers).toHaveLength(200)
  const denial = await client.ask(getFor(encodeMessage(queryFor(WWW.replace('www', 'no')))))
  expect(denial.headers['cache-control']).toBe(`max-age=${messageIn(denial).authorities[0]?.ttl}`)
  const failure = await client.ask(getFor(encodeMessage(queryFor('www.example'))))
  expect(failure).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
})

test('stopping answers what is in flight on every transport', async () => {
  const zones = new PublishedZones()
  await zones.publish(1, 'www A 192.0.2.1\n')
  const go = Promise.withResolvers<void>()
  const slow = {
    resolve: async (zoneId: ZoneId) => {
      await go.promise
      return zones.resolve(zoneId)
    },
  }
  const gateway = await gateways.start({ resolver: slow, now: () => START })
  const [at, tls, https] = [gateway.addresses[0]!, gateway.tlsAddresses[0]!, gateway.httpsAddresses[0]!]
  const clients = [new Http2Client(https, gateways.ca), new Http1Client(https, gateways.ca)]
  gateways.closeLater(...clients)
  const answers = [
    askUdp(at, queryFor(WWW)).then(reply => reply.answers.length),
    askTcp(at, queryFor(WWW)).then(reply => reply.answers.length),
    askTls(tls, WWW).then(answer => answer.length),
    ...clients.map(
      async client => messageIn(await client.ask(getFor(encodeMessage(queryFor(WWW))))).answers.length,
    ),
  ]
  while (gateway.stats().pending < answers.length) await new Promise(setImmediate)
  const stopped = gateway.stop()
  go.resolve()
  expect(await Promise.all(answers)).toEqual([1, 1, 1, 1, 1])
  await stopped
  expect(gateway.stats().connections.open).toEqual({ tcp: 0, tls: 0, https: 0 })
  await expect(askTls(tls, WWW)).resolves.toEqual([])
})

test('while the certificate is renewed again and again, no query over TLS or HTTPS fails', async () => {
  const renewals = await mkdtemp(join(tmpdir(), 'signpost-gateway-'))
  try {
    await keepSelfSigned(renewals, ['127.0.0.1'], Date.now())
    const files = selfSignedFiles(renewals)
    const gateway = await gateways.start({ certificate: files, limits: { certificateCheck: 50 } })
    const seen = new Set<string>()
    const ask = async (): Promise<number> => {
      const client = new TcpClient(gateway.tlsAddresses[0]!, ({ host, port }) => {
        // Whichever it is: the test is about whether there is one.
        const socket = connectTls({ host, port, rejectUnauthorized: false })
        socket.once('secureConnect', () => {
          seen.add(socket.getPeerX509Certificate()?.fingerprint256 ?? '')
        })
        return socket
      })
      client.ask(queryFor(WWW))
      const reply = await client.next()
      client.destroy()
      return reply?.answers.length ?? 0
    }
    const lasting = new Http2Client(gateway.httpsAddresses[0]!, await readFile(files.cert, 'utf8'))
    gateways.closeLater(lasting)
    for (let renewal = 1; renewal <= 4; renewal++) {
      while (seen.size < renewal) {
        expect(await ask()).toBe(1)
        expect((await lasting.ask(getFor(encodeMessage(queryFor(WWW))))).status).toBe(200)
      }
      // As if its time were over: the next one is made at once.
      await keepSelfSigned(renewals, ['127.0.0.1', `renewal-${renewal}.example`], Date.now())
    }
    expect(gateway.stats().connections.open.https).toBe(1)
  } finally {
    await rm(renewals, { recursive: true })
  }
})

test('a certificate that is not there is refused at the start, and leaves nothing open', async () => {
  const broken = { cert: join(gateways.directory, 'none.crt'), key: join(gateways.directory, 'none.key') }
  await expect(gateways.start({ certificate: broken })).rejects.toMatchObject({
    code: 'NOT_THERE_YET',
    option: 'certificate',
  })
})

test('a taken port names its own option', async () => {
  const gateway = await gateways.start()
  const [tls, https] = [gateway.tlsAddresses[0]!, gateway.httpsAddresses[0]!]
  await expect(gateways.start({ tls: [https], https: [] })).rejects.toMatchObject({
    code: 'ADDRESS_IN_USE',
    message: expect.stringContaining('--tls 127.0.0.1:'),
  })
  await expect(gateways.start({ tls: [], https: [tls] })).rejects.toMatchObject({
    code: 'ADDRESS_IN_USE',
    message: expect.stringContaining('--https 127.0.0.1:'),
  })
})

const OTHER = '127.0.0.2'

function flood(to: Endpoint, first: Uint8Array, count = 60): Socket[] {
  return Array.from({ length: count }, () => {
    const socket = createConnection({ host: to.host, port: to.port, localAddress: '127.0.0.1' })
    socket.on('error', () => {})
    socket.resume()
    socket.write(first)
    gateways.closeLater({ close: () => socket.destroy() })
    return socket
  })
}

async function othersAreAnswered(gateway: Gateway): Promise<void> {
  const [at, tls] = [gateway.addresses[0]!, gateway.tlsAddresses[0]!]
  for (const client of [
    new TcpClient(at, ({ host, port }) => createConnection({ host, port, localAddress: OTHER })),
    new TcpClient(tls, to => gateways.connectTls(to, OTHER)),
  ]) {
    client.ask(queryFor('signpost.internal', 'SOA'))
    expect((await client.next())?.answers).toHaveLength(1)
    client.destroy()
  }
}

// Only Linux has all of 127.0.0.0/8 without being told.
describe.skipIf(process.platform !== 'linux')('a client that takes all connections that it can get', () => {
  test.each([
    ['and says nothing', new Uint8Array()],
    ['and begins a query', Uint8Array.of(0, 40, 1)],
  ])('%s keeps no other client out', async (_, first) => {
    const gateway = await gateways.start({ limits: { tcpConnections: 20, tcpPerClient: 15 } })
    for (const to of [gateway.addresses[0]!, gateway.tlsAddresses[0]!, gateway.httpsAddresses[0]!])
      flood(to, first)
    while (gateway.stats().connections.displaced < 100) await new Promise(setImmediate)
    await othersAreAnswered(gateway)
    const { open: now } = gateway.stats().connections
    expect(now.tcp + now.tls + now.https).toBeLessThanOrEqual(20)
  })

  test('and waits for answers on each keeps no other client out', async () => {
    const never = { resolve: () => new Promise<never>(() => {}) }
    const gateway = await gateways.start({
      resolver: never,
      limits: { tcpConnections: 20, tcpPerClient: 15 },
    })
    const query = frame(encodeMessage(queryFor(WWW)))
    flood(gateway.addresses[0]!, query, 15)
    while (gateway.stats().pending < 15) await new Promise(setImmediate)
    flood(gateway.addresses[0]!, query, 45)
    while (gateway.stats().connections.refused < 45) await new Promise(setImmediate)
    await othersAreAnswered(gateway)
    expect(gateway.stats().connections.open.tcp).toBe(15)
  })
})
