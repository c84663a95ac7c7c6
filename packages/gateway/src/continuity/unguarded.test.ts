import { Rcode, encodeMessage } from '@signpost/dns'
import { expect, test } from 'vitest'
import { queryFor } from '../asking.test-support.ts'
import {
  type Server,
  UPSTREAM,
  gatewayInProcess,
  recursiveServer,
  respond,
} from '../in-process.test-support.ts'
import { keepContinuity } from '../handlers/continuity.ts'
import type { Outcome } from '../outcome.ts'
import { found } from './continuity.test-support.ts'
import { Continuity } from './continuity.ts'
import { ownQuery } from './own-query.ts'

const SOA = 'example. 60 IN SOA ns.example. host.example. 1 2 3 4 60'
const servers: readonly (readonly [string, Server])[] = [
  ['a good answer', recursiveServer('www.example. 60 A 93.184.216.34\nwww.example. 60 AAAA 2606:2800::1\n')],
  ['a longer TTL', recursiveServer('www.example. 604800 A 6.6.6.6\n')],
  ['no such type', request => respond(request, { authorities: SOA })],
  ['no such name', request => ({ ...respond(request, { authorities: SOA }), rcode: Rcode.NXDOMAIN })],
  ['SERVFAIL', request => ({ ...respond(request), rcode: Rcode.SERVFAIL })],
  ['silence', () => undefined],
  ['a private address', recursiveServer('www.example. 60 A 10.0.0.1\n')],
]

/** The octets of every reply while an upstream goes through all that it can say, and the clock goes on. */
async function replies(guard: readonly string[]): Promise<string[]> {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM], guard })
  const octets: string[] = []
  for (const wait of [0, 5_000, 61_000, 3_600_000, 400_000_000])
    for (const [, server] of servers) {
      gateway.servers.add(UPSTREAM, server)
      gateway.zones.now += wait
      for (const type of ['A', 'AAAA', 'A'])
        for (const changes of [{}, { checkingDisabled: true }, { recursionDesired: false }]) {
          const packet = encodeMessage(queryFor('www.example', type, changes))
          const reply = await gateway.service(packet, 'tcp', { address: '127.0.0.1', port: 40_000 })
          octets.push(Buffer.from(reply ?? []).toString('hex'))
        }
    }
  octets.push(...gateway.servers.sent)
  expect(gateway.errors).toEqual([])
  return octets
}

test('a name that is not guarded gets the same octets, and costs the same requests, as without a guard', async () => {
  const without = await replies([])
  expect(new Set(without).size).toBeGreaterThan(10)
  expect(await replies(['*.other', 'example', 'a.www.example'])).toEqual(without)
  expect(await replies(['www.example'])).not.toEqual(without)
})

test('outcomes of names that are not guarded are the same objects', () => {
  const { guard } = gatewayInProcess({ guard: ['*.other'] })
  const handler = keepContinuity({
    continuity: new Continuity({ guard, onError: fail }),
    cache: { generation: 0, store: () => {} },
    now: () => 0,
    limits: { staleWait: 0, recheckPace: 30 },
    onError: fail,
  })
  const [question] = queryFor('www.example').questions
  const query = ownQuery(question!, 4, new AbortController().signal)
  const outcomes: Outcome[] = [
    found('answer', 'www.example. 60 A 10.0.0.1'),
    found('no-name', SOA),
    { kind: 'upstream-failed', text: '' },
    { kind: 'refused' },
  ]
  for (const outcome of outcomes) {
    expect(handler(query, () => outcome)).toBe(outcome)
    const promised = Promise.resolve(outcome)
    expect(handler(query, () => promised)).toBe(promised)
  }
})

function fail(error: unknown): never {
  throw error
}
