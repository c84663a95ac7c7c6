import { SignpostError } from '@signpost/dns'
import { DaemonProtocolError, DaemonReportedError } from './errors.ts'

/**
 * How a command and a daemon talk: HTTP over a Unix socket. A call is `POST /NAME` with a JSON body. Its answer is
 * lines of JSON: any number of `{"progress": …}`, then one `{"result": …}` or `{"error": {"code", "message"}}`.
 * Both sides send the version of this protocol, and neither goes on where they differ.
 */
export const PROTOCOL_VERSION = '1'
export const VERSION_HEADER = 'signpost-protocol'

/** Octets in the body of a request; a signed record has at most 10,240, in base64 13,656. */
export const MAX_REQUEST_LENGTH: number = 64 * 1024
/** Characters in one line of an answer; the status of a node with very many peers is the longest there is. */
export const MAX_LINE_LENGTH: number = 16 * 1024 * 1024

/** Octets that a caller may leave unread before the daemon hangs up; what is new goes on for as long as both run. */
export const MAX_UNREAD: number = 1024 * 1024

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined }

export interface ReportedError {
  readonly code: string
  readonly message: string
  /** What else the error says, such as the sequence that stands. */
  readonly fields?: { readonly [name: string]: Json }
}

export type Line = { readonly progress: Json } | { readonly result: Json } | { readonly error: ReportedError }

/** Errors that the daemon does not expect are reported as INTERNAL: their text may hold anything. */
export function reportedError(error: unknown): ReportedError {
  if (error instanceof SignpostError)
    return { code: error.code, message: error.message, fields: plainFields(error) }
  return { code: 'INTERNAL', message: 'the daemon failed in a way that it did not expect; its log says more' }
}

export function errorOfReport(report: unknown): SignpostError {
  const { code, message, fields } = (report ?? {}) as Partial<Record<string, unknown>>
  if (typeof code !== 'string' || typeof message !== 'string')
    return new DaemonProtocolError('the daemon reported an error without a code and a message')
  return new DaemonReportedError(code, message, typeof fields === 'object' && fields !== null ? fields : {})
}

function plainFields(error: SignpostError): { readonly [name: string]: Json } {
  const own = Object.entries(error).filter(
    ([name, value]) =>
      name !== 'code' && name !== 'name' && ['string', 'number', 'boolean'].includes(typeof value),
  )
  return Object.fromEntries<Json>(own)
}
