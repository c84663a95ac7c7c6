import { setTimeout as sleep } from 'node:timers/promises'
import { RrClass, RrType, createQuery, encodeMessage, parseName } from '@signpost/dns'
import type { HostPort } from '../../values/host-port.ts'
import { bindUdp } from './udp.ts'

/** Milliseconds between two tries, and for all of them. */
const PAUSE = 50
const PATIENCE = 10_000

/** Waits until a DNS server answers anything at all. @returns false where it does not, or does not run any more. */
export async function answering(at: HostPort, domain: string, isRunning: () => boolean): Promise<boolean> {
  const socket = await bindUdp({ host: '127.0.0.1', port: 0 })
  const question = { name: parseName(`${domain}.`), type: RrType.SOA, class: RrClass.IN }
  const query = encodeMessage(createQuery(question))
  let hasAnswered = false
  socket.on('message', () => {
    hasAnswered = true
  })
  try {
    for (let waited = 0; waited < PATIENCE && isRunning(); waited += PAUSE) {
      socket.send(query, at.port, at.host)
      await sleep(PAUSE)
      if (hasAnswered) return true
    }
    return false
  } finally {
    socket.close()
  }
}
