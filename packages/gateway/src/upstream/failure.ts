import {
  EdnsOptionCode,
  type ExtendedErrorInfo,
  type Message,
  decodeExtendedError,
  printRcode,
} from '@signpost/dns'
import type { ExchangeResult } from './exchange.ts'
import { type Upstream, printUpstream } from './upstream.ts'

/** Why no server gave a usable reply. */
export interface AskFailure {
  readonly kind: 'failed'
  readonly reason: string
  readonly extendedErrors: readonly ExtendedErrorInfo[]
}

/** Extended errors of another server that are passed on, and octets of each: they are kept with the failure. */
const MAX_EXTENDED_ERRORS = 4
const MAX_EXTENDED_ERROR = 512

export function failed(reason: string): AskFailure {
  return { kind: 'failed', reason, extendedErrors: [] }
}

/** What the client hears of a result that is not usable. */
export function failureOf(server: Upstream, result: ExchangeResult): AskFailure {
  const at = printUpstream(server)
  switch (result.kind) {
    case 'silence':
      return failed(`${at} did not answer in time`)
    case 'unreachable':
      return failed(`${at} cannot be reached: ${result.reason}`)
    case 'reply':
      return {
        kind: 'failed',
        reason: result.message.truncated
          ? `${at} sends no whole answer`
          : `${at} answered ${printRcode(result.message.rcode)}`,
        extendedErrors: extendedErrorsIn(result.message),
      }
  }
}

/** Indeterminate, bogus, expired, not yet valid, and whatever else validation fails for (RFC 8914, sections 4.6 to 4.13). */
const FIRST_OF_DNSSEC = 5
const LAST_OF_DNSSEC = 12

/** A failure that is the name's, not the server's: it does not validate. Another server might not have looked. */
export function isBogus(failure: AskFailure): boolean {
  return failure.extendedErrors.some(
    ({ infoCode }) => infoCode >= FIRST_OF_DNSSEC && infoCode <= LAST_OF_DNSSEC,
  )
}

function extendedErrorsIn(message: Message): ExtendedErrorInfo[] {
  return (message.edns?.options ?? [])
    .filter(({ code, data }) => code === EdnsOptionCode.EXTENDED_ERROR && data.length <= MAX_EXTENDED_ERROR)
    .slice(0, MAX_EXTENDED_ERRORS)
    .flatMap(option => decodeExtendedError(option) ?? [])
}
