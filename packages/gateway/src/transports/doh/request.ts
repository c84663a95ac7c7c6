import { DNS_MESSAGE, type HttpResponse, refusal } from './response.ts'

/** Octets of the head of a request, its URL included. */
export const MAX_HEADER = 16_384

/** RFC 8484, section 4.1: the path of the template `/dns-query{?dns}`, which clients are configured with. */
export const DOH_PATH = '/dns-query'

/** What an HTTP request says before its body. */
export interface RequestHead {
  readonly method: string
  /** Path and query, or a whole URL, as the client sent it. */
  readonly target: string
  readonly contentType: string | undefined
  readonly contentEncoding: string | undefined
  readonly contentLength: string | undefined
}

/** What a request asks for: the query that it has, one that its body has, or nothing that there is here. */
export type DohRequest =
  | { readonly kind: 'query'; readonly query: Uint8Array }
  | { readonly kind: 'body' }
  | { readonly kind: 'refused'; readonly response: HttpResponse }

/**
 * Reads the head of a request (RFC 8484, section 4.1).
 * @param maxQuery octets that a query may have.
 */
export function readRequest(head: RequestHead, maxQuery: number): DohRequest {
  // RFC 9112, section 3.2.2: a server takes whole URLs too.
  const target = head.target.replace(/^https?:\/\/[^/?#]*/i, '')
  const at = target.indexOf('?')
  const path = at === -1 ? target : target.slice(0, at)
  if (path !== DOH_PATH) return refused(404, `There is nothing here. DNS queries go to ${DOH_PATH}.`)
  switch (head.method) {
    case 'GET':
      return readParameters(at === -1 ? '' : target.slice(at), maxQuery)
    case 'POST':
      return readBodyHead(head, maxQuery)
    default:
      return {
        kind: 'refused',
        response: refusal(405, 'DNS queries come with GET or with POST.', { allow: 'GET, POST' }),
      }
  }
}

function readParameters(parameters: string, maxQuery: number): DohRequest {
  const values = new URLSearchParams(parameters).getAll('dns')
  const [text] = values
  if (text === undefined || values.length > 1)
    return refused(400, 'A GET request has its DNS query in one parameter, "dns".')
  if (text.length > Math.ceil((maxQuery * 4) / 3)) return refused(414, tooLong(maxQuery))
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1)
    return refused(
      400,
      'The parameter "dns" is base64url without padding (RFC 4648, section 5); this is not.',
    )
  return { kind: 'query', query: Buffer.from(text, 'base64url') }
}

function readBodyHead(head: RequestHead, maxQuery: number): DohRequest {
  const type = (head.contentType ?? '').split(';', 1).join('').trim().toLowerCase()
  const encoding = (head.contentEncoding ?? 'identity').trim().toLowerCase()
  if (type !== DNS_MESSAGE || encoding !== 'identity')
    return {
      kind: 'refused',
      response: refusal(415, `The body of a POST request is ${DNS_MESSAGE}, as it is and not compressed.`, {
        accept: DNS_MESSAGE,
        'accept-encoding': 'identity',
      }),
    }
  if (Number(head.contentLength ?? 0) > maxQuery) return refusedBody(maxQuery)
  return { kind: 'body' }
}

/** For a body that turns out to be too long. */
export function refusedBody(maxQuery: number): DohRequest & { readonly kind: 'refused' } {
  return refused(413, tooLong(maxQuery))
}

function tooLong(maxQuery: number): string {
  return `A DNS query has at most ${maxQuery} octets here.`
}

function refused(status: number, sentence: string): DohRequest & { readonly kind: 'refused' } {
  return { kind: 'refused', response: refusal(status, sentence) }
}
