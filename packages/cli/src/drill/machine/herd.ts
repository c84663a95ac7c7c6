import { setTimeout as sleep } from 'node:timers/promises'
import { RrClass, RrType, createQuery, decodeMessage, encodeMessage, parseName } from '@signpost/dns'
import type { HostPort } from '../../values/host-port.ts'
import { bindUdp } from './udp.ts'

/** Clients of one resolver that come back at once, and the lookups that each of them makes in that moment. */
const CLIENTS = 40
const LOOKUPS = 5
/** Milliseconds after which a client asks again, once, as stub resolvers do. */
const PATIENCE = 2000

/** Asks a resolver for a name from many clients in the same moment. What counts as answered has an address. */
export async function stampede(at: HostPort, name: string): Promise<{ sent: number; answered: number }> {
  const answered = await Promise.all(Array.from({ length: CLIENTS }, async () => askMany(at, name)))
  return { sent: CLIENTS * LOOKUPS, answered: answered.reduce((sum, count) => sum + count, 0) }
}

async function askMany(at: HostPort, name: string): Promise<number> {
  const socket = await bindUdp({ host: '127.0.0.1', port: 0 })
  const question = { name: parseName(`${name}.`), type: RrType.A, class: RrClass.IN }
  const missing = new Set(Array.from({ length: LOOKUPS }, (_, id) => id + 1))
  const { promise: all, resolve } = Promise.withResolvers<void>()
  socket.on('message', octets => {
    const { id, answers } = decodeMessage(Uint8Array.from(octets))
    if (answers.length > 0) missing.delete(id)
    if (missing.size === 0) resolve()
  })
  try {
    for (let tries = 0; tries < 2 && missing.size > 0; tries++) {
      for (const id of missing) socket.send(encodeMessage(createQuery(question, { id })), at.port, at.host)
      await Promise.race([all, sleep(PATIENCE)])
    }
    return LOOKUPS - missing.size
  } finally {
    socket.close()
  }
}
