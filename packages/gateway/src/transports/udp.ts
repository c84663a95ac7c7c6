import { type RemoteInfo, createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Endpoint } from '../endpoint.ts'
import type { Service } from '../service.ts'
import { type Listening, bindError } from './listening.ts'

/**
 * Octets that the kernel holds for a socket while the event loop is busy; it may grant less. It is some thousand queries. A
 * larger one loses no fewer of a flood that is more than can be answered, and makes everybody wait that much longer.
 */
const RECEIVE_BUFFER = 2 ** 20

/** Turns of the event loop, of some dozen packets each, in which what the kernel holds is still taken. */
const LAST_TURNS = 256

/** @throws AddressInUseError, InvalidConfigError */
export async function listenUdp(at: Endpoint, service: Service): Promise<Listening> {
  // An IPv6 socket for IPv6 alone, so that `::` beside `0.0.0.0` is no conflict. IPv4 ones refuse the very flag.
  const socket = createSocket({
    ...(isIPv6(at.host) ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' }),
    // Clients are addresses already; Node would look each up all the same, in a later turn.
    lookup: (address, _, callback) => {
      callback(null, address, 0)
    },
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', error => {
      socket.close()
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors
      reject(bindError('udp', at, error))
    })
    socket.bind({ address: at.host, port: at.port, exclusive: true }, resolve)
  })
  socket.removeAllListeners('error')
  // Errors of single packets, such as a port that is closed by now: the client's affair.
  socket.on('error', () => {})
  growReceiveBuffer(() => {
    socket.setRecvBufferSize(RECEIVE_BUFFER)
  })

  let open = true
  let received = 0
  const send = (reply: Uint8Array | undefined, to: RemoteInfo): void => {
    if (reply !== undefined && open) socket.send(reply, to.port, to.address, ignore)
  }
  const onMessage = (packet: Uint8Array, from: RemoteInfo): void => {
    received++
    // Nobody can be answered at port 0.
    if (from.port === 0) return
    const reply = service(packet, 'udp', from)
    if (reply instanceof Promise) void reply.then(settled => send(settled, from))
    else send(reply, from)
  }
  socket.on('message', onMessage)

  return {
    transport: 'udp',
    host: at.host,
    port: socket.address().port,
    pause: async () => {
      await untilQuiet(() => received)
      socket.off('message', onMessage)
    },
    close: () =>
      new Promise(resolve => {
        open = false
        socket.close(resolve)
      }),
  }
}

/** Resolves after a turn of the event loop in which nothing more was received, which shows that the kernel has no more. */
async function untilQuiet(received: () => number): Promise<void> {
  // From one to the next of these, the event loop looks at all sockets once.
  await new Promise(setImmediate)
  for (let turns = 0, before = -1; turns < LAST_TURNS && before !== received(); turns++) {
    before = received()
    await new Promise(setImmediate)
  }
}

function ignore(): void {}

function growReceiveBuffer(grow: () => void): void {
  try {
    grow()
  } catch {
    // The kernel's default does too.
  }
}
