import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { encodeMessage } from '@signpost/dns'
import { afterEach, expect, test } from 'vitest'
import { protectionFor } from '../abuse/standing.test-support.ts'
import { askTcp, queryFor } from '../asking.test-support.ts'
import type { Endpoint } from '../endpoint.ts'
import { limitsWith } from '../limits.ts'
import type { Transport } from '../query.ts'
import { makeTestCertificate } from './certificate/certificate.test-support.ts'
import { Connections } from './connections.ts'
import { Echo } from './echo.test-support.ts'
import { type Places, Sockets, isInTheWay } from './sockets.ts'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

const ANY = { host: '127.0.0.1', port: 0 }
const NOWHERE: Places = { listen: [], tls: [], https: [], certificate: undefined }

async function start(places: Partial<Places>, service = new Echo().service): Promise<Sockets> {
  const limits = limitsWith()
  const connections = new Connections(limits, protectionFor())
  const sockets = await Sockets.listen({
    ...NOWHERE,
    ...places,
    service,
    connections,
    limits,
    now: Date.now,
    logger: undefined,
  })
  open.push(() => sockets.close())
  return sockets
}

/** At an address that no client leaves from, so that its port is free for TCP too. */
async function freeEndpoint(): Promise<Endpoint> {
  const host = '127.0.0.77'
  const socket = createSocket('udp4').bind(0, host)
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return { host, port }
}

/** Goes on at these places; what is left is closed. */
async function move(sockets: Sockets, places: Partial<Places>, then = (): void => {}): Promise<void> {
  const gone = await sockets.move({ ...NOWHERE, ...places })
  then()
  await Promise.all(gone.map(socket => socket.close()))
}

async function certificateFiles(): Promise<Places['certificate']> {
  const certificate = await makeTestCertificate()
  open.push(() => certificate[Symbol.asyncDispose]())
  return certificate.files
}

test('new sockets answer once the options count under which they were opened, and nothing is lost', async () => {
  let inForce = 'old'
  const seen: string[] = []
  const sockets = await start({ listen: [ANY] }, packet => {
    seen.push(inForce)
    return packet
  })
  const client = createSocket('udp4')
  const at = await freeEndpoint()
  const answered = once(client, 'message')
  const send = (): void => {
    client.send(encodeMessage(queryFor('www.example')), at.port, at.host)
    turn = setImmediate(send)
  }
  let turn = setImmediate(send)
  const more = Array.from({ length: 20 }, () => ({ ...ANY }))
  await move(sockets, { listen: [at, ...more] }, () => {
    inForce = 'new'
  })
  await answered
  clearImmediate(turn)
  client.close()
  expect(new Set(seen)).toEqual(new Set(['new']))
})

test('an address that is written in another way is the same address', async () => {
  const sockets = await start({ listen: [{ host: '::1', port: 0 }] })
  const [at] = sockets.addressesOf('tcp')
  await move(sockets, { listen: [{ host: '0:0:0:0:0:0:0:1', port: 0 }] })
  expect(sockets.addressesOf('tcp')).toEqual([at])
  expect((await askTcp(at!, queryFor('www.example', 'A', { id: 2 }))).id).toBe(2)
})

test('the first address for TLS brings the certificate with it, and the last takes it away', async () => {
  const certificate = await certificateFiles()
  const sockets = await start({ listen: [ANY] })
  expect(sockets.certificateExpiresAt).toBeUndefined()
  for (let n = 0; n < 2; n++) {
    await move(sockets, { listen: [ANY], tls: [ANY], certificate })
    expect(sockets.certificateExpiresAt).toBeGreaterThan(Date.now())
    await move(sockets, { listen: [ANY] })
    expect([sockets.certificateExpiresAt, sockets.addressesOf('tls')]).toEqual([undefined, []])
  }
})

test('other files for a certificate that is in use, and none where there should be one, are refused', async () => {
  const certificate = await certificateFiles()
  const sockets = await start({ listen: [ANY], tls: [ANY], certificate })
  const other = { cert: '/nowhere', key: '/nowhere' }
  await expect(move(sockets, { tls: [ANY], certificate: other })).rejects.toThrow(/takes a restart/)
  await move(sockets, { listen: [ANY] })
  await expect(move(sockets, { tls: [ANY], certificate: other })).rejects.toThrow(/nowhere/)
  await move(sockets, { tls: [ANY], certificate })
  expect(sockets.addressesOf('tls')).toHaveLength(1)
})

test('where the gateway itself is in the way of a new address, the error says so', async () => {
  const certificate = await certificateFiles()
  const sockets = await start({ tls: [ANY], certificate })
  const [at] = sockets.addressesOf('tls')
  const text = `https: 127.0.0.1:${at!.port} cannot be taken while this gateway listens on 127.0.0.1:${at!.port} itself`
  await expect(move(sockets, { https: [at!], certificate })).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining(text),
  })
  expect(sockets.addressesOf('tls')).toEqual([at])
  const taken = await start({ listen: [ANY] })
  await expect(move(sockets, { listen: taken.addressesOf('tcp') })).rejects.toMatchObject({
    code: 'ADDRESS_IN_USE',
  })
})

test.each<
  [transport: Transport, has: string, option: 'listen' | 'tls' | 'https', wanted: string, inTheWay: boolean]
>([
  ['udp', '0.0.0.0', 'listen', '127.0.0.1', true],
  ['tcp', '127.0.0.1', 'https', '0.0.0.0', true],
  ['tls', '::1', 'listen', '0:0::0', true],
  ['tls', '::1', 'https', '0::1', true],
  ['udp', '127.0.0.1', 'tls', '127.0.0.1', false],
  ['tcp', '127.0.0.1', 'listen', '127.0.0.2', false],
  ['tcp', '0.0.0.0', 'listen', '::1', false],
  ['tcp', '::', 'listen', '127.0.0.1', false],
  ['tcp', 'fe80::1%a', 'listen', 'fe80::1%b', false],
])('a socket of %s at %s is in the way of %s at %s: %s', (transport, host, option, wanted, inTheWay) => {
  const socket = { transport, host, port: 53 }
  expect(isInTheWay(socket, option, { host: wanted, port: 53 })).toBe(inTheWay)
  expect(isInTheWay(socket, option, { host: wanted, port: 54 })).toBe(false)
})

test.each([
  ['fe80::1', /as in fe80::1%eth0$/],
  ['::ffff:127.0.0.1', /write it as one of IPv4$/],
])('nothing can listen on %s, and the error says how to write it', async (host, advice) => {
  await expect(start({ listen: [{ host, port: 0 }] })).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    option: 'listen',
    message: expect.stringMatching(advice),
  })
})
