import { type EdnsOption, EdnsOptionCode, type Message, encodeMessage } from '@signpost/dns'
import { MAX_MESSAGE_LENGTH } from '@signpost/dns'
import { paddingFor } from '../edns/padding.ts'

/** RFC 8467, section 4.1: the lengths of queries are multiples of it. */
const BLOCK = 128
/** RFC 7828, section 3.2.1: the client has no timeout to say; it asks for the server's. */
const KEEPALIVE: EdnsOption = { code: EdnsOptionCode.KEEPALIVE, data: new Uint8Array(0) }

/** The octets of a request that asks how long the connection may be kept. */
export function encodeForStream(request: Message, isPadded: boolean): Uint8Array {
  const { edns } = request
  if (edns === undefined) return encodeMessage(request)
  const asking = { ...request, edns: { ...edns, options: [...edns.options, KEEPALIVE] } }
  return isPadded ? encodePadded(asking) : encodeMessage(asking)
}

/** The octets of a request, filled up so that their number says little. Without EDNS there is nothing to fill. */
export function encodePadded(request: Message): Uint8Array {
  const { edns } = request
  const bare = encodeMessage(request)
  const padding = edns && paddingFor(bare.length, MAX_MESSAGE_LENGTH, BLOCK)
  if (edns === undefined || padding === undefined) return bare
  return encodeMessage({ ...request, edns: { ...edns, options: [...edns.options, padding] } })
}

/** Milliseconds for which the server keeps the connection while nothing is under way on it; undefined: it does not say. */
export function keepaliveIn(reply: Message): number | undefined {
  const option = reply.edns?.options.find(({ code }) => code === EdnsOptionCode.KEEPALIVE)
  if (option?.data.length !== 2) return undefined
  // Units of a tenth of a second (RFC 7828, section 3.1).
  return (((option.data[0] as number) << 8) | (option.data[1] as number)) * 100
}
