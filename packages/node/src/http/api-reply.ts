import { createHash } from 'node:crypto'
import type { SignedRecord } from '@signpost/core'
import type { ResolveOutcome } from '../resolve/resolver.ts'
import { RECORD_TYPE } from '../routing/delegated-api.ts'
import type { ApiRequest } from './api-request.ts'
import type { Offered } from './offered-record.ts'

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string
}

/** Seconds for which an absent record counts as absent in caches on the way, as kubo has it. */
const ABSENT_AGE = 15

/** What a lookup comes to. That there is no record is a text with status 200, since it proves nothing. */
export function lookupReply(
  asked: ApiRequest & { readonly kind: 'get' },
  outcome: ResolveOutcome,
  now: number,
): Reply {
  const { zoneId } = asked
  switch (outcome.kind) {
    case 'found':
      return recordReply(asked, outcome, now)
    case 'expired':
      return nothing(`the record of ${zoneId} was valid until ${outcome.record.validity}`)
    case 'invalid':
      return nothing(`no record of ${zoneId} can be used: ${outcome.error.message}`)
    case 'absent':
      // Where nobody was heard, not even that can be said.
      if (outcome.provenance.asked === 0)
        return failureReply(502, 'this node reaches no peer that it could ask')
      return nothing(`none of ${outcome.provenance.asked} peers has a record of ${zoneId}`)
  }
}

function recordReply(
  asked: ApiRequest & { readonly kind: 'get' },
  found: ResolveOutcome & { readonly kind: 'found' },
  now: number,
): Reply {
  const { record, freshness, confirmedAt = now } = found
  const left = Math.max(0, Math.floor((record.expiresAt - now) / 1_000))
  const lasts = freshness === 'fresh' ? Math.min(record.ttl, left) : 0
  const tag = tagOf(record)
  const headers = {
    'content-type': RECORD_TYPE,
    'content-disposition': `attachment; filename="${record.zoneId}.ipns-record"`,
    'cache-control': `public, max-age=${lasts}, stale-while-revalidate=${left}, stale-if-error=${left}`,
    // What this node itself has from its disk was confirmed a while ago: its TTL counts from there.
    age: String(Math.max(0, Math.floor((now - confirmedAt) / 1_000))),
    etag: tag,
    expires: new Date(record.expiresAt).toUTCString(),
    'last-modified': new Date(confirmedAt).toUTCString(),
    vary: 'Accept',
  }
  return asked.has(tag) ? { status: 304, headers, body: '' } : { status: 200, headers, body: record.bytes }
}

function tagOf({ bytes }: SignedRecord): string {
  return `"${createHash('sha256').update(bytes).digest('base64url')}"`
}

function nothing(why: string): Reply {
  return text(200, why, { 'cache-control': `public, max-age=${ABSENT_AGE}`, vary: 'Accept' })
}

/** What became of a record that was put. */
export function putReply(offered: Offered): Reply {
  switch (offered.kind) {
    case 'taken':
      return text(200, `kept here, and taken by ${offered.acks} of ${offered.asked} peers`)
    case 'older':
      return text(409, `a record with sequence ${offered.current} wins over it`)
    case 'invalid':
      return text(400, offered.error.message)
    case 'no-room':
      return text(507, offered.error.message)
  }
}

const METHODS = 'GET, HEAD, OPTIONS'

/**
 * What may be asked.
 * @param cors whether browsers may let pages of any site read; one that could put would make this node send for it.
 */
export function optionsReply(cors: boolean): Reply {
  const pages = { 'access-control-allow-methods': METHODS, 'access-control-max-age': '86400' }
  return { status: 204, headers: { allow: `${METHODS}, PUT`, ...(cors ? pages : {}) }, body: '' }
}

/** @param retryAfter seconds after which it is worth trying again. */
export function failureReply(status: number, why: string, retryAfter?: number): Reply {
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  return text(status, why, { ...headers, ...notKept })
}

const notKept = { 'cache-control': 'no-store' }

function text(status: number, body: string, headers: Reply['headers'] = notKept): Reply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: `${body}\n` }
}
