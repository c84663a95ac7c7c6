import { setTimeout as sleep } from 'node:timers/promises'
import { RrClass, RrType, createQuery, decodeMessage, encodeMessage, parseName } from '@signpost/dns'
import type { HostPort } from '../../values/host-port.ts'
import { bindUdp } from './udp.ts'

/** Milliseconds between two questions, and for all of them. */
const PAUSE = 50
const PATIENCE = 10_000

/**
 * Asks a DNS server for the SOA of a name until what it answers is right.
 * @param isRight is given the serial, undefined where the answer has none.
 * @param goOn is asked before each question whether there is any hope.
 * @returns false where it never was right.
 */
export async function untilSoa(
  at: HostPort,
  name: string,
  isRight: (serial: number | undefined) => boolean,
  goOn: () => boolean,
): Promise<boolean> {
  const socket = await bindUdp({ host: '127.0.0.1', port: 0 })
  const question = { name: parseName(`${name}.`), type: RrType.SOA, class: RrClass.IN }
  const query = encodeMessage(createQuery(question))
  const right = new AbortController()
  socket.on('message', octets => {
    if (isRight(serialIn(octets))) right.abort()
  })
  try {
    for (let waited = 0; waited < PATIENCE && goOn(); waited += PAUSE) {
      socket.send(query, at.port, at.host)
      await sleep(PAUSE)
      if (right.signal.aborted) return true
    }
    return false
  } finally {
    socket.close()
  }
}

function serialIn(octets: Uint8Array): number | undefined {
  const [record] = decodeMessage(Uint8Array.from(octets)).answers
  return record?.rdata.kind === 'SOA' ? record.rdata.serial : undefined
}
