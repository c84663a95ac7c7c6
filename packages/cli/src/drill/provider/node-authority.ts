import { decodeMessage, encodeMessage } from '@signpost/dns'
import { addressOf, bindUdp } from '../machine/udp.ts'
import type { HostPort } from '../../values/host-port.ts'
import type { Authority } from './authority.ts'
import { type ServedZone, answerFrom, servedZone } from './zone-answer.ts'
import { DOMAIN } from './zone-text.ts'

/** The authority where no other software is there: in this process. */
export async function startNodeAuthority(at: HostPort, zone: string): Promise<Authority> {
  let served: ServedZone = servedZone(DOMAIN, zone)
  const socket = await bindUdp(at)
  socket.on('message', (octets, { address, port }) => {
    const reply = replyTo(octets, served)
    if (reply !== undefined) socket.send(reply, port, address)
  })
  return {
    software: `Node ${process.versions.node}`,
    at: addressOf(socket),
    load: async text => {
      served = servedZone(DOMAIN, text)
      return Promise.resolve()
    },
    [Symbol.asyncDispose]: async () => {
      await new Promise<void>(resolve => socket.close(() => resolve()))
    },
  }
}

function replyTo(octets: Uint8Array, served: ServedZone): Uint8Array | undefined {
  try {
    return encodeMessage(answerFrom(served, decodeMessage(Uint8Array.from(octets))))
  } catch {
    // No message that can be answered.
    return undefined
  }
}
