import { MAX_RECORD_LENGTH, type ZoneId, zoneIdFromText, zoneIdOfRoutingKey } from '@signpost/core'
import { base16 } from 'multiformats/bases/base16'
import { CID } from 'multiformats/cid'
import { API_PATH, RECORD_TYPE, isRecordType } from '../routing/delegated-api.ts'

/** What there is of a request before its body. */
export interface RequestHead {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: {
    readonly accept?: string | undefined
    readonly 'content-type'?: string | undefined
    readonly 'content-length'?: string | undefined
    readonly 'if-none-match'?: string | undefined
    readonly 'sec-fetch-site'?: string | string[] | undefined
  }
}

/** What a request wants. */
export type ApiRequest =
  | {
      readonly kind: 'get'
      readonly zoneId: ZoneId
      /** Whether the client has the record of this entity tag already. */
      readonly has: (tag: string) => boolean
    }
  | { readonly kind: 'put'; readonly zoneId: ZoneId }
  /** What may be asked; a browser asks what pages of other sites may do. */
  | { readonly kind: 'options' }
  | { readonly kind: 'refused'; readonly status: 400 | 406 | 413 | 501; readonly why: string }

/** Reads a request of the Delegated Routing V1 HTTP API. Never throws. */
export function readRequest({ method, url = '', headers }: RequestHead): ApiRequest {
  if (method === 'OPTIONS') return { kind: 'options' }
  const path = pathOf(url)
  if (!path.startsWith(API_PATH)) return refused(400, `there is nothing here; the API is below ${API_PATH}`)
  const [collection, name, ...rest] = path.slice(API_PATH.length).split('/')
  if (collection !== 'ipns') return refused(501, 'this server knows of names alone, not of content or peers')
  if (name === undefined || rest.length > 0) return refused(400, `write ${API_PATH}ipns/NAME`)
  if (method !== 'GET' && method !== 'HEAD' && method !== 'PUT')
    return refused(501, 'only GET, HEAD, PUT and OPTIONS are supported')
  const zoneId = zoneIdOfCid(name)
  if (zoneId === undefined) return refused(400, 'the name is not the CIDv1 of an Ed25519 key, such as k51…')
  if (method === 'PUT') return readPut(zoneId, headers)
  if (!acceptsRecord(headers.accept)) return refused(406, `retry with Accept: ${RECORD_TYPE}`)
  return { kind: 'get', zoneId, has: tagsIn(headers['if-none-match']) }
}

/**
 * Whether a browser says that a page of another site made it send this (Fetch Metadata). It would keep the reply from the
 * page, but not how long that took.
 */
export function isOfOtherSite({ headers }: RequestHead): boolean {
  return ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site']))
}

function readPut(zoneId: ZoneId, headers: RequestHead['headers']): ApiRequest {
  if (!isRecordType(headers['content-type'])) return refused(406, `retry with Content-Type: ${RECORD_TYPE}`)
  if (Number(headers['content-length'] ?? 0) > MAX_RECORD_LENGTH) return tooLarge
  return { kind: 'put', zoneId }
}

/** Also for a body that turns out to be too long. */
export const tooLarge: ApiRequest & { readonly kind: 'refused' } = refused(
  413,
  `a record has ${MAX_RECORD_LENGTH} octets at most`,
)

function refused(
  status: (ApiRequest & { kind: 'refused' })['status'],
  why: string,
): ApiRequest & { readonly kind: 'refused' } {
  return { kind: 'refused', status, why }
}

// A server has to take a whole URL too (RFC 9112, section 3.2.2).
function pathOf(url: string): string {
  return url.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
}

/** The codec of a CID that names a libp2p key. */
const LIBP2P_KEY = 0x72
/** Characters of the longest spelling of such a CID that is read here, base16, with some to spare. */
const LONGEST_NAME = 100
const IPNS = new TextEncoder().encode('/ipns/')

/** The zone that an IPNS name names, in any of its usual spellings; undefined for any other text. */
function zoneIdOfCid(text: string): ZoneId | undefined {
  const zoneId = zoneIdFromText(text)
  if (zoneId !== undefined || text.length > LONGEST_NAME) return zoneId
  try {
    const cid = text.startsWith('f') ? CID.parse(text, base16) : CID.parse(text)
    if (cid.version !== 1 || cid.code !== LIBP2P_KEY) return undefined
    return zoneIdOfRoutingKey(Uint8Array.of(...IPNS, ...cid.multihash.bytes))
  } catch {
    return undefined
  }
}

const RANGES: ReadonlySet<string | undefined> = new Set([RECORD_TYPE, 'application/*', '*/*'])

/** RFC 9110, section 12.5.1. */
function acceptsRecord(accept = '*/*'): boolean {
  return accept.split(',').some(text => {
    const [range, ...parameters] = text.split(';').map(part => part.trim().toLowerCase())
    return RANGES.has(range) && !parameters.some(parameter => /^q=0(\.0*)?$/.test(parameter))
  })
}

/** RFC 9110, section 13.1.2. */
function tagsIn(ifNoneMatch = ''): (tag: string) => boolean {
  const tags = new Set(ifNoneMatch.split(',').map(text => text.trim().replace(/^W\//, '')))
  return tag => tags.has(tag) || tags.has('*')
}
