import { createHash } from 'node:crypto'
import { MAX_RECORD_LENGTH, publicKeyOf, signerFromSeed, zoneIdOf } from '@signpost/core'
import * as fc from 'fast-check'
import { base16 } from 'multiformats/bases/base16'
import { base32 } from 'multiformats/bases/base32'
import { base36 } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import { CID } from 'multiformats/cid'
import { expect, test } from 'vitest'
import { RECORD_TYPE } from '../routing/delegated-api.ts'
import { type ApiRequest, type RequestHead, readRequest } from './api-request.ts'

const zoneId = zoneIdOf(signerFromSeed(new Uint8Array(32).fill(1)).publicKey)
const url = `/routing/v1/ipns/${zoneId}`

function read(changes: Omit<RequestHead, 'headers'> & Partial<RequestHead>): ApiRequest {
  return readRequest({ method: 'GET', url, headers: {}, ...changes })
}

/** What the request is about, or the status that refuses it. */
function gist(asked: ApiRequest): unknown {
  return asked.kind === 'refused' ? asked.status : 'zoneId' in asked ? asked.zoneId : asked.kind
}

const put: RequestHead = { method: 'PUT', url, headers: { 'content-type': RECORD_TYPE } }

test.each([
  [{ url }, zoneId],
  [{ method: 'HEAD', url }, zoneId],
  [{ url: `http://192.0.2.1:8080${url}` }, zoneId],
  [{ url: `${url}?fresh=1` }, zoneId],
  [{ url: `/routing/v1/ipns/${zoneId.toUpperCase()}` }, zoneId],
  [put, zoneId],
  [{ method: 'OPTIONS', url: '*' }, 'options'],
  [{ url: '/' }, 400],
  [{ url: '' }, 400],
  [{ url: '/routing/v2/ipns/k51' }, 400],
  [{ url: '/routing/v1/ipns' }, 400],
  [{ url: `${url}/` }, 400],
  [{ url: `/routing/v1/ipns/${zoneId.slice(0, -1)}` }, 400],
  [{ url: '/routing/v1/providers/bafkqaaa' }, 501],
  [{ url: `/routing/v1/peers/${zoneId}` }, 501],
  [{ method: 'DELETE', url }, 501],
  [{ method: 'POST', url }, 501],
])('%j is about %s', (head, about) => {
  expect(gist(read(head))).toBe(about)
})

test('a name may stand in any spelling of its CID, and in no other form', () => {
  const cid = CID.parse(zoneId)
  for (const base of [base36, base32, base58btc, base16])
    expect(gist(read({ url: `/routing/v1/ipns/${cid.toString(base)}` }))).toBe(zoneId)
  const hash = createHash('sha256').update('an RSA key').digest()
  const rsa = CID.createV1(0x72, {
    code: 0x12,
    size: 32,
    digest: hash,
    bytes: Uint8Array.of(0x12, 0x20, ...hash),
  })
  const others = [
    base58btc.baseEncode(cid.multihash.bytes),
    CID.createV1(0x55, cid.multihash).toString(),
    rsa.toString(base36),
    'bafkqaaa',
    'k'.repeat(5_000),
  ]
  for (const text of others) expect(gist(read({ url: `/routing/v1/ipns/${text}` }))).toBe(400)
})

test.each([
  [undefined, zoneId],
  [RECORD_TYPE, zoneId],
  ['*/*', zoneId],
  ['application/*;q=0.5', zoneId],
  [`text/html, ${RECORD_TYPE.toUpperCase()} ; q=0.1`, zoneId],
  ['application/json', 406],
  [`${RECORD_TYPE};q=0`, 406],
  [`${RECORD_TYPE}; q=0.000, text/*`, 406],
  ['', 406],
])('whoever accepts %j is told %s', (accept, about) => {
  expect(gist(read({ headers: { accept } }))).toBe(about)
})

test.each([
  [{ 'content-type': `${RECORD_TYPE}; v=1`, 'content-length': String(MAX_RECORD_LENGTH) }, zoneId],
  [{ 'content-type': RECORD_TYPE, 'content-length': String(MAX_RECORD_LENGTH + 1) }, 413],
  [{ 'content-type': 'application/octet-stream' }, 406],
  [{}, 406],
])('a put with %j is told %s', (headers, about) => {
  expect(gist(read({ ...put, headers }))).toBe(about)
})

test.each([
  [undefined, false],
  ['"a"', true],
  ['W/"a"', true],
  ['"b", "a"', true],
  ['*', true],
  ['"b"', false],
  ['a', false],
])('whoever has %s has "a": %s', (ifNoneMatch, expected) => {
  const asked = read({ headers: { 'if-none-match': ifNoneMatch } })
  expect(asked.kind === 'get' && asked.has('"a"')).toBe(expected)
})

const text = fc.string({ unit: 'binary', maxLength: 200 })

test('any request whatever is read, or refused with a status', () => {
  const head = fc.record({
    method: fc.oneof(fc.constantFrom('GET', 'HEAD', 'PUT', 'OPTIONS', 'TRACE'), text),
    url: fc.oneof(
      text,
      text.map(rest => `/routing/v1/ipns/${rest}`),
      fc.webUrl(),
    ),
    headers: fc.record(
      { accept: text, 'content-type': text, 'content-length': text, 'if-none-match': text },
      { requiredKeys: [] },
    ),
  })
  fc.assert(
    fc.property(head, head => {
      expect(['get', 'put', 'options', 'refused']).toContain(readRequest(head).kind)
    }),
  )
})

test('any key’s name reads back, and one with another character is refused or another key’s', () => {
  const key = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map(seed => zoneIdOf(signerFromSeed(seed).publicKey))
  fc.assert(
    fc.property(
      key,
      fc.nat(61),
      fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789'),
      (id, at, letter) => {
        expect(gist(read({ url: `/routing/v1/ipns/${id}` }))).toBe(id)
        const changed = `${id.slice(0, at)}${letter}${id.slice(at + 1)}`
        const about = gist(read({ url: `/routing/v1/ipns/${changed}` }))
        expect([400, changed]).toContain(about)
        if (about !== 400) expect(publicKeyOf(changed as typeof id)).toHaveLength(32)
      },
    ),
  )
})
