import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DohRequest, type RequestHead, readRequest } from './request.ts'

const MAX = 512
const decoder = new TextDecoder()

function read(method: string, target: string, headers: Partial<RequestHead> = {}): DohRequest {
  const { contentType, contentEncoding, contentLength } = headers
  return readRequest({ method, target, contentType, contentEncoding, contentLength }, MAX)
}

function post(headers: Partial<RequestHead> = {}): DohRequest {
  return read('POST', '/dns-query', { contentType: 'application/dns-message', ...headers })
}

/** Status, headers of its own and sentence of a refusal; undefined where it is none. */
function refusalOf(request: DohRequest): [number, string] | undefined {
  if (request.kind !== 'refused') return undefined
  const { status, headers, body } = request.response
  expect(headers).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(body.length),
    'cache-control': 'no-store',
  })
  const text = decoder.decode(body)
  expect(text).toMatch(/^[A-Z].*\.\n$/)
  return [status, text.trim()]
}

test('of any octets, up to the limit, a GET request has the same query', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: MAX }), octets => {
      const request = read('GET', `/dns-query?dns=${Buffer.from(octets).toString('base64url')}`)
      expect(request.kind === 'query' && Uint8Array.from(request.query)).toEqual(octets)
    }),
  )
})

test('whatever stands in the URL, a request is read or refused, and never longer than the limit', () => {
  const octets = fc.uint8Array({ maxLength: 1000 }).map(bytes => Buffer.from(bytes).toString('latin1'))
  const texts = fc.oneof(fc.string(), octets, fc.base64String())
  const targets = fc
    .tuple(fc.constantFrom('', '/dns-query', '/dns-query?', '/dns-query?dns='), texts)
    .map(([start, text]) => start + text)
  fc.assert(
    fc.property(fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', ''), targets, (method, target) => {
      const request = read(method, target)
      if (request.kind === 'query') expect(request.query.length).toBeLessThanOrEqual(MAX)
      else expect(request).toMatchObject({ kind: 'refused' })
    }),
    { numRuns: 500 },
  )
})

test.each([
  ['another path', 'GET', '/?dns=AAAA', 404],
  ['a path below', 'GET', '/dns-query/?dns=AAAA', 404],
  ['no target', 'GET', '', 404],
  ['the asterisk', 'OPTIONS', '*', 404],
  ['another method', 'PUT', '/dns-query', 405],
  ['HEAD', 'HEAD', '/dns-query?dns=AAAA', 405],
  ['no parameter', 'GET', '/dns-query', 400],
  ['no value', 'GET', '/dns-query?name=example.com&type=A', 400],
  ['two values', 'GET', '/dns-query?dns=AAAA&dns=AAAB', 400],
  ['padding', 'GET', '/dns-query?dns=AAA=', 400],
  ['base64 that is not for URLs', 'GET', '/dns-query?dns=AA/A', 400],
  ['a length that base64 never has', 'GET', '/dns-query?dns=AAAAA', 400],
  ['more than the limit', 'GET', `/dns-query?dns=${'A'.repeat(684)}`, 414],
])('refused: %s', (_, method, target, status) => {
  expect(refusalOf(read(method, target))?.[0]).toBe(status)
})

test('a query of just the limit is read, of one octet more refused', () => {
  const [just, over] = [MAX, MAX + 1].map(
    length => `/dns-query?dns=${Buffer.alloc(length, 1).toString('base64url')}`,
  )
  expect(read('GET', just!).kind).toBe('query')
  expect(refusalOf(read('GET', over!))?.[0]).toBe(414)
  expect(post({ contentLength: String(MAX) }).kind).toBe('body')
  expect(refusalOf(post({ contentLength: String(MAX + 1) }))).toEqual([
    413,
    'A DNS query has at most 512 octets here.',
  ])
})

test('other parameters and whole URLs are taken', () => {
  for (const target of [
    '/dns-query?x=1&dns=AAAA&y',
    'https://dns.example:8443/dns-query?dns=AAAA',
    'HTTPS://[::1]/dns-query?dns=AAAA',
  ])
    expect(read('GET', target)).toEqual({ kind: 'query', query: Buffer.alloc(3) })
})

test('a POST request has a body of the right type, in any letters and with parameters, and not compressed', () => {
  for (const contentType of ['application/dns-message', 'Application/DNS-Message; charset=utf-8'])
    expect(post({ contentType }).kind).toBe('body')
  expect(post({ contentEncoding: 'identity' }).kind).toBe('body')
  for (const headers of [
    { contentType: undefined },
    { contentType: 'application/json' },
    { contentEncoding: 'gzip' },
  ]) {
    const request = post(headers)
    expect(refusalOf(request)?.[0]).toBe(415)
    expect(request).toMatchObject({ response: { headers: { accept: 'application/dns-message' } } })
  }
})

test('whoever comes with another method hears which there are', () => {
  expect(read('DELETE', '/dns-query')).toMatchObject({ response: { headers: { allow: 'GET, POST' } } })
})
