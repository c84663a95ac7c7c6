import { createSocket } from 'node:dgram'
import { Opcode, Rcode, RrClass, RrType, createQuery, encodeMessage, parseName } from '@signpost/dns'
import { expect, test } from 'vitest'
import { standing } from '../abuse/standing.test-support.ts'
import { queryFor } from '../asking.test-support.ts'
import { createGateway } from '../create-gateway.ts'
import type { Resolve } from '../handler.ts'
import { type Found, fromUpstream } from '../outcome.ts'
import type { Query } from '../query.ts'
import { PublishedZones } from '../zones.test-support.ts'
import { type QueryLogEntry, tellQueries } from './query-log.ts'

function query(name: string): Query {
  const question = { name: parseName(name), type: RrType.AAAA, class: RrClass.IN }
  const message = createQuery(question, { id: 1, recursionDesired: true })
  expect([message.opcode, message.rcode]).toEqual([Opcode.QUERY, Rcode.NOERROR])
  return {
    question,
    trail: [],
    budget: { left: 1 },
    message,
    transport: 'tls',
    client: { address: '192.0.2.9', port: 5 },
    addressProven: true,
    standing: standing('192.0.2.9'),
    signal: new AbortController().signal,
  }
}

const found: Found = { kind: 'answer', answers: [], authorities: [], provenance: fromUpstream, age: 0 }

test('every question is told with what came of it, whether that was at hand or came later', async () => {
  const entries: QueryLogEntry[] = []
  const outcomes: ReturnType<Resolve>[] = [found, Promise.resolve({ kind: 'refused' as const })]
  const resolve = tellQueries(() => outcomes.shift()!, {
    onQuery: entry => entries.push(entry),
    now: () => 1_000,
    onError: () => {},
  })
  expect(resolve(query('WWW.Example.'))).toBe(found)
  expect(await resolve(query('two.example.'))).toEqual({ kind: 'refused' })
  const { elapsed, ...first } = entries[0]!
  expect(elapsed).toBeGreaterThanOrEqual(0)
  expect(first).toEqual({
    time: 1_000,
    client: '192.0.2.9',
    transport: 'tls',
    name: 'WWW.Example.',
    type: 'AAAA',
    outcome: 'answer',
    source: 'upstream',
  })
  expect(entries[1]).toMatchObject({ name: 'two.example.', outcome: 'refused', source: undefined })
})

test('what a limit makes of an answer is what is told', async () => {
  const outcomes: string[] = []
  const all = Promise.withResolvers<void>()
  await using gateway = await createGateway({
    resolver: new PublishedZones(),
    listen: [{ host: '127.0.0.1', port: 0 }],
    hosts: false,
    unlimited: ['192.0.2.1'],
    limits: { clientResponses: 1 },
    now: () => 1_000_000,
    onQuery: ({ outcome }) => {
      if (outcomes.push(outcome) === 4) all.resolve()
    },
  })
  const { host, port } = gateway.addresses[0]!
  const socket = createSocket('udp4')
  for (let n = 0; n < 4; n++) socket.send(encodeMessage(queryFor('localhost')), port, host)
  await all.promise
  socket.close()
  expect(outcomes).toEqual(['answer', 'over-tcp', 'dropped', 'over-tcp'])
})

test('a query is answered although telling of it fails', async () => {
  const errors: unknown[] = []
  const full = new Error('the disk is full')
  const outcomes: ReturnType<Resolve>[] = [found, Promise.resolve(found)]
  const onQuery = (): void => {
    throw full
  }
  const resolve = tellQueries(() => outcomes.shift()!, {
    onQuery,
    now: () => 0,
    onError: error => errors.push(error),
  })
  expect([resolve(query('one.example.')), await resolve(query('two.example.'))]).toEqual([found, found])
  expect(errors).toEqual([full, full])
})
