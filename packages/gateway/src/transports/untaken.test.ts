import { readFile } from 'node:fs/promises'
import { encodeMessage } from '@signpost/dns'
import { afterEach, expect, test } from 'vitest'
import { protectionFor } from '../abuse/standing.test-support.ts'
import { TcpClient, queryFor } from '../asking.test-support.ts'
import { limitsWith } from '../limits.ts'
import type { Service } from '../service.ts'
import { makeTestCertificate } from './certificate/certificate.test-support.ts'
import { Connections } from './connections.ts'
import { frame } from './frames.ts'
import { Http2Client, getFor } from './https.test-support.ts'
import { listenHttps } from './https.ts'
import { listenTcp } from './tcp.ts'

// Clients that ask for much and take none of it.

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

const ANYWHERE = { host: '127.0.0.1', port: 0 }
const LARGE = new Uint8Array(60_000)
const query = encodeMessage(queryFor('www.example'))

test('over TCP, whose replies wait for it has to go once too much waits, and others have theirs', async () => {
  const held: (() => void)[] = []
  let wake = Promise.withResolvers<void>()
  const slow: Service = () =>
    new Promise(resolve => {
      held.push(() => resolve(LARGE))
      wake.resolve()
    })
  const limits = limitsWith({ tcpPending: 1000, tcpUnsent: 2 ** 20 })
  const connections = new Connections(limits, protectionFor())
  const server = await listenTcp(ANYWHERE, slow, connections, limits)
  open.push(() => server.close())
  const [greedy, modest] = [new TcpClient(server), new TcpClient(server)]
  open.push(() => [greedy, modest].map(client => client.destroy()))
  greedy.stopReading()
  modest.write(frame(query))
  // More than the kernel takes for a client that does not read: that is some megabytes at most.
  greedy.write(Buffer.concat(Array.from({ length: 300 }, () => frame(query))))
  while (held.length < 301) {
    await wake.promise
    wake = Promise.withResolvers()
  }
  for (const release of held) release()
  expect(await modest.next()).toBeDefined()
  expect(connections.stats()).toMatchObject({ untaken: 1, open: { tcp: 1 } })
})

test('over HTTP/2, clients that give no window have to go once too much waits, and others have their answers', async () => {
  const certificate = await makeTestCertificate()
  open.push(() => certificate[Symbol.asyncDispose]())
  const ca = await readFile(certificate.files.cert, 'utf8')
  const limits = limitsWith({ tcpUnsent: 2 ** 20 })
  const connections = new Connections(limits, protectionFor())
  const server = await listenHttps(ANYWHERE, () => LARGE, connections, await certificate.open(), limits)
  open.push(() => server.close())
  const connect = (settings = {}): Http2Client => {
    const client = new Http2Client(server, ca, settings)
    open.push(() => {
      client.close()
    })
    return client
  }
  const other = connect()
  expect((await other.ask(getFor(query))).status).toBe(200)
  for (let n = 0; n < 3; n++) {
    const client = connect({ initialWindowSize: 0 })
    for (let m = 0; m < 20; m++)
      client
        .open(getFor(query))
        .on('error', () => {})
        .end()
    await client.closed
  }
  expect((await other.ask(getFor(query))).status).toBe(200)
  expect(connections.stats()).toMatchObject({ untaken: 3, open: { https: 1 } })
})
