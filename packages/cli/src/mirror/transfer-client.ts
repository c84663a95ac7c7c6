import { randomInt } from 'node:crypto'
import { connect } from 'node:net'
import { getSystemErrorMessage } from 'node:util'
import { type Name, type ResourceRecord, RrClass, RrType, createQuery, encodeMessage } from '@signpost/dns'
import type { HostPort } from '../values/host-port.ts'
import { TRANSFER_IDLE, TRANSFER_OCTETS, TRANSFER_TOTAL } from './limits.ts'
import { ZoneTransfer } from './transfer.ts'

export type TransferResult =
  | { readonly kind: 'whole'; readonly serial: number }
  | { readonly kind: 'failed'; readonly reason: string }

export interface TransferOptions {
  readonly from: HostPort
  readonly zone: Name
  /** See {@link ZoneTransfer}: all of it counts only where the transfer is whole. */
  readonly take: (record: ResourceRecord) => boolean
  readonly signal: AbortSignal
  /** The limits of a transfer. */
  readonly limits?: { readonly octets?: number; readonly total?: number; readonly idle?: number }
}

/** Fetches a zone by AXFR over TCP (RFC 5936, section 4.1), without TSIG. Rejects only with the reason of the signal. */
export async function transferZone(options: TransferOptions): Promise<TransferResult> {
  const { from, zone, take, signal, limits = {} } = options
  const { FrameReader, frame } = await import('@signpost/gateway')
  const id = randomInt(0x1_0000)
  const transfer = new ZoneTransfer({
    zone,
    id,
    octets: limits.octets ?? TRANSFER_OCTETS.default,
    take,
  })
  const frames = new FrameReader()
  signal.throwIfAborted()
  const socket = connect({ host: from.host, port: from.port })
  const end = (): void => {
    socket.destroy()
  }
  signal.addEventListener('abort', end, { once: true })
  let isLate = false
  const overall = setTimeout(() => {
    isLate = true
    end()
  }, limits.total ?? TRANSFER_TOTAL.default)
  let isIdle = false
  socket.setTimeout(limits.idle ?? TRANSFER_IDLE.default, () => {
    isIdle = true
    end()
  })
  const question = { name: zone, type: RrType.AXFR, class: RrClass.IN }
  socket.write(frame(encodeMessage(createQuery(question, { id, recursionDesired: false }))))
  try {
    for await (const chunk of socket as AsyncIterable<Uint8Array>)
      for (const message of frames.push(chunk)) {
        const step = transfer.push(message)
        if (step.kind === 'failed') return failed(step.reason)
        if (step.kind === 'whole') return { kind: 'whole', serial: transfer.soa?.serial ?? 0 }
      }
    return failed('it closed the connection in the middle of the zone')
  } catch (error) {
    signal.throwIfAborted()
    if (isLate) return failed('the transfer takes too long')
    if (isIdle) return failed('it sends nothing any more')
    return failed(reasonOf(error))
  } finally {
    signal.removeEventListener('abort', end)
    clearTimeout(overall)
    socket.destroy()
  }
}

function reasonOf(error: unknown): string {
  const { code, errno } = error as NodeJS.ErrnoException
  if (code === 'ECONNREFUSED') return 'nobody listens there'
  if (errno !== undefined) return getSystemErrorMessage(errno)
  return error instanceof Error ? error.message : String(error)
}

function failed(reason: string): TransferResult {
  return { kind: 'failed', reason }
}
