// A peer of a DHT that says what it likes, in octets.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { Libp2p } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { type KadMessage, type KadPeer, encodeKadMessage } from './kad-message.ts'

/** Peers that nobody ever was: an Ed25519 peer ID is any 32 octets. */
export function inventPeers(count: number, addressOf: (at: number) => string): KadPeer[] {
  return Array.from({ length: count }, (_, at) => ({
    id: Uint8Array.of(0, 36, 8, 1, 18, 32, ...randomBytes(32)),
    multiaddrs: [multiaddr(addressOf(at)).bytes],
  }))
}

/** From now on the host answers each request of a DHT with what this gives. Resolves to how often it was asked. */
export async function answerWith(
  host: Libp2p,
  protocol: string,
  answer: () => Partial<KadMessage>,
): Promise<{ readonly asked: number }> {
  const count = { asked: 0 }
  await host.handle(
    protocol,
    async stream => {
      const messages = lpStream(stream)
      try {
        for (;;) {
          await messages.read()
          count.asked++
          await messages.write(
            encodeKadMessage({ type: 'GET_VALUE', closer: [], providers: [], ...answer() }),
          )
        }
      } catch {
        // The stream is over.
      }
    },
    { force: true },
  )
  return count
}

/** A machine that is no peer at all. */
export async function startVictim(): Promise<
  { readonly port: number; readonly connections: number } & AsyncDisposable
> {
  let connections = 0
  const server = createServer(socket => {
    connections++
    socket.on('error', () => undefined).destroy()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections
    },
    [Symbol.asyncDispose]: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}
