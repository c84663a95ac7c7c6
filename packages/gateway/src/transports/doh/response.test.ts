import { type Message, Rcode, encodeMessage } from '@signpost/dns'
import { expect, test } from 'vitest'
import { queryFor } from '../../asking.test-support.ts'
import { respond } from '../../in-process.test-support.ts'
import { freshnessOf, responseTo } from './response.ts'

const asked = queryFor('www.example')
const SOA = 'example. 900 IN SOA ns.example. host.example. 1 2 3 4 60'
const answers = 'www.example. 300 IN CNAME a.example.\na.example. 120 IN A 192.0.2.1'

test.each<[what: string, reply: Message, seconds: number | undefined]>([
  ['of answers the least TTL', respond(asked, { answers }), 120],
  ['of a TTL of 0, no time', respond(asked, { answers: 'www.example. 0 IN A 192.0.2.1' }), 0],
  ['of a denial the MINIMUM of its SOA', respond(asked, { authorities: SOA }), 60],
  [
    'of a denial the TTL of its SOA where that is less',
    respond(asked, { authorities: SOA.replace('900', '30') }),
    30,
  ],
  [
    'behind an alias the lesser of both',
    { ...respond(asked, { answers, authorities: SOA }), rcode: Rcode.NXDOMAIN },
    60,
  ],
  ['of nothing, nothing', respond(asked), undefined],
  ['of a failure nothing', { ...respond(asked, { authorities: SOA }), rcode: Rcode.SERVFAIL }, undefined],
  ['of a refusal nothing', { ...respond(asked), rcode: Rcode.REFUSED }, undefined],
])('caches keep %s', (_, reply, seconds) => {
  expect(freshnessOf(reply)).toBe(seconds)
  const octets = encodeMessage(reply)
  expect(responseTo(octets)).toEqual({
    status: 200,
    headers: {
      'content-type': 'application/dns-message',
      'content-length': String(octets.length),
      'cache-control': seconds === undefined ? 'no-store' : `max-age=${seconds}`,
    },
    body: octets,
  })
})

test('where silence is the reply, the response says that it was no query', () => {
  const { status, headers, body } = responseTo(undefined)
  expect([status, headers['cache-control'], new TextDecoder().decode(body)]).toEqual([
    400,
    'no-store',
    'That is no DNS query.\n',
  ])
})
