import { type Socket, createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Rcode, decodeMessage, encodeMessage, parseName } from '@signpost/dns'
import { createGateway } from '@signpost/gateway'
import { expect, test } from 'vitest'
import { probe } from './probe.ts'

const resolver = { resolve: () => Promise.reject(new Error('nobody asks for a zone')) }

test('a gateway is known by what it says of its suffix, over UDP and TCP', async () => {
  await using gateway = await createGateway({
    resolver,
    listen: [{ host: '127.0.0.1', port: 0 }],
    suffixes: ['a.example'],
  })
  const at = gateway.addresses[0]!
  expect(await probe(at, 'a.example')).toEqual({ kind: 'gateway' })
  expect(await probe(at, 'a.example', 'tcp')).toEqual({ kind: 'gateway' })
  expect(await probe(at, 'b.example')).toEqual({ kind: 'other', rcode: Rcode.REFUSED })
})

async function server(
  answer: (query: Uint8Array) => Uint8Array,
): Promise<{ socket: Socket; at: { host: string; port: number } }> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  socket.on('message', (query, peer) => socket.send(answer(query), peer.port))
  return { socket, at: { host: '127.0.0.1', port: socket.address().port } }
}

test('another DNS server is another one, and what is no DNS is silence', async () => {
  const soa = {
    name: parseName('a.example.'),
    type: 6,
    class: 1,
    ttl: 1,
    rdata: {
      kind: 'SOA',
      primary: parseName('ns.a.example.'),
      mailbox: parseName('nobody.invalid.'),
      serial: 1,
      refresh: 1,
      retry: 1,
      expire: 1,
      minimum: 1,
    },
  } as const
  const other = await server(query =>
    encodeMessage({ ...decodeMessage(query), response: true, answers: [soa] }),
  )
  expect(await probe(other.at, 'a.example')).toEqual({ kind: 'other', rcode: Rcode.NOERROR })
  other.socket.close()
  const garbage = await server(() => new Uint8Array([1, 2, 3]))
  expect(await probe(garbage.at, 'a.example')).toMatchObject({ kind: 'silence' })
  garbage.socket.close()
})

test('where nobody listens, or nobody answers, that is said', async () => {
  const mute = createSocket('udp4').bind(0, '127.0.0.1')
  await once(mute, 'listening')
  const at = { host: '127.0.0.1', port: mute.address().port }
  expect(await probe(at, 'a.example', 'udp', 50)).toEqual({
    kind: 'silence',
    reason: 'it does not answer in time',
  })
  mute.close()
  await once(mute, 'close')
  expect(await probe(at, 'a.example')).toEqual({ kind: 'silence', reason: 'nobody listens there' })

  const held = createServer().listen(0, '127.0.0.1')
  await once(held, 'listening')
  const { port } = held.address() as { port: number }
  expect(await probe({ host: '127.0.0.1', port }, 'a.example', 'tcp', 50)).toEqual({
    kind: 'silence',
    reason: 'it does not answer in time',
  })
  held.close()
})
