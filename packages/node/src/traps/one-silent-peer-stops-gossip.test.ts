import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { type GossipSub, gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { expect, test } from 'vitest'
import { Libp2pGossip } from '../push/libp2p-gossip.ts'
import { stopAtEnd } from './stock.test-support.ts'

const topic = '/record/test'

async function start(services: object): Promise<Libp2p> {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), ...services },
  })
}

function pubsubOf({ services }: Libp2p): GossipSub {
  return (services as unknown as { pubsub: GossipSub }).pubsub
}

/** Connects a host with a peer that says who it is, and from then on nothing, as one that was suspended. */
async function meetSilentPeer(host: Libp2p, peer: Libp2p): Promise<AsyncDisposable> {
  const [address] = peer.getMultiaddrs()
  const port = Number(/\/tcp\/(\d+)/.exec(String(address))?.[1])
  const sockets: Socket[] = []
  const wire = createServer(near => {
    const far = connect(port, '127.0.0.1')
    sockets.push(near, far)
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) socket.on('error', () => undefined)
  })
  wire.listen(0, '127.0.0.1')
  await once(wire, 'listening')
  const identified = new Promise<void>(resolve => {
    host.addEventListener('peer:identify', () => {
      for (const socket of sockets) socket.unpipe().pause()
      resolve()
    })
  })
  const at = `/ip4/127.0.0.1/tcp/${(wire.address() as AddressInfo).port}/p2p/${peer.peerId.toString()}`
  await host.dial(multiaddr(at))
  await identified
  return {
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      wire.close()
      await once(wire, 'close')
    },
  }
}

test('control: with one peer that does not answer, gossipsub tells those who come after it nothing', async () => {
  const [host, silent, next] = await Promise.all([
    start({ pubsub: gossipsub() }),
    start({ pubsub: gossipsub() }),
    start({ pubsub: gossipsub() }),
  ])
  await using open = new AsyncDisposableStack()
  open.use(stopAtEnd([host, silent, next]))
  pubsubOf(host).subscribe(topic)
  open.use(await meetSilentPeer(host, silent))

  await next.dial(host.getMultiaddrs())
  for (let beat = 0; beat < 3; beat++)
    await new Promise<void>(resolve => {
      pubsubOf(next).addEventListener('gossipsub:heartbeat', () => resolve(), { once: true })
    })

  expect(pubsubOf(next).getSubscribers(topic)).toEqual([])
})

test('one peer that does not answer keeps nobody else waiting', async () => {
  const gossip = new Libp2pGossip()
  const [host, silent, next] = await Promise.all([
    start(gossip.services),
    start({ pubsub: gossipsub() }),
    start({ pubsub: gossipsub() }),
  ])
  await using open = new AsyncDisposableStack()
  open.use(stopAtEnd([host, silent, next]))
  gossip.listen({ message: async () => 'ignore', joined: () => undefined, lookup: async () => undefined })
  gossip.join(topic)
  open.use(await meetSilentPeer(host, silent))

  const told = new Promise<void>(resolve => {
    pubsubOf(next).addEventListener('subscription-change', () => resolve(), { once: true })
  })
  await next.dial(host.getMultiaddrs())
  await told

  expect(pubsubOf(next).getSubscribers(topic).map(String)).toEqual([host.peerId.toString()])
})
