import { Rcode, parseName } from '@signpost/dns'
import { expect, test } from 'vitest'
import type { RebindingOptions } from '../abuse/rebinding.ts'
import { explanations, lines } from '../asking.test-support.ts'
import { LimitCounters } from '../abuse/limit-counts.ts'
import { standing } from '../abuse/standing.test-support.ts'
import type { Query } from '../query.ts'
import { queryFor } from '../asking.test-support.ts'
import { protectFromRebinding } from './rebinding.ts'
import { type Outcome, fromGateway, fromUpstream } from '../outcome.ts'
import { type InProcess, UPSTREAM, gatewayInProcess, recursiveServer } from '../in-process.test-support.ts'

const RECORDS = `
router.evil.example. 60 A 192.168.1.1
both.evil.example. 60 A 192.0.2.1
both.evil.example. 60 A 192.168.1.1
alias.evil.example. 60 CNAME nas.corp.example.
hint.evil.example. 60 HTTPS 1 . alpn=h2 ipv4hint=127.0.0.1
www.evil.example. 60 A 192.0.2.1
nas.corp.example. 60 A 10.0.0.7
db.routed.example. 60 A 10.0.0.8
`

const ROUTED = parseName('routed.example.')

function start(rebinding: RebindingOptions = {}): InProcess {
  const gateway = gatewayInProcess({
    upstreams: [UPSTREAM],
    isRouted: name => name.isAtOrBelow(ROUTED),
    protection: { rebinding },
  })
  gateway.servers.add(UPSTREAM, recursiveServer(RECORDS))
  return gateway
}

test.each([
  ['router.evil.example', 'A', '192.168.1.1'],
  ['both.evil.example', 'A', '192.168.1.1'],
  ['alias.evil.example', 'A', '10.0.0.7'],
  ['hint.evil.example', 'HTTPS', '127.0.0.1'],
])('%s %s is answered as if there were nothing, and says why', async (name, type, address) => {
  const gateway = start()
  // From the upstream first, then from the cache.
  for (let n = 1; n <= 2; n++) {
    const reply = await gateway.ask(name, type)
    expect(reply).toMatchObject({ rcode: Rcode.NOERROR, answers: [], authorities: [] })
    expect(explanations(reply)[0]).toMatch(
      new RegExp(`^17 ${name}\\. leads to ${address}, a private address`),
    )
    expect(gateway.protection.counters.read().rebinding).toBe(n)
  }
  expect(gateway.servers.sent).toHaveLength(1)
})

test('public addresses, and other types, go through', async () => {
  const gateway = start()
  expect((await gateway.ask('www.evil.example')).answers).toHaveLength(1)
  expect((await gateway.ask('router.evil.example', 'TXT')).rcode).toBe(Rcode.NOERROR)
  expect(gateway.protection.counters.read().rebinding).toBe(0)
})

test("a domain that the user sends to a server of the user's own may have private addresses", async () => {
  const gateway = start()
  expect(lines((await gateway.ask('db.routed.example')).answers)).toEqual([
    'db.routed.example. 60 IN A 10.0.0.8',
  ])
})

test('an exception counts for its names, and not for a stranger whose alias leads there', async () => {
  const gateway = start({ exceptions: ['corp.example'] })
  expect((await gateway.ask('nas.corp.example')).answers).toHaveLength(1)
  expect((await gateway.ask('alias.evil.example')).answers).toEqual([])
})

test('without protection everything goes through', async () => {
  const gateway = start({ protect: false })
  expect((await gateway.ask('router.evil.example')).answers).toHaveLength(1)
})

test('a zone that the user knows by a petname may name private addresses, a stranger by its zone ID may not', async () => {
  const gateway = start()
  const zone = await gateway.zones.publish(
    1,
    'printer A 192.168.1.7\nwww A 192.0.2.1\nout CNAME nas.corp.example.\n',
  )
  gateway.petnames.set('home', zone)
  const printer = await gateway.ask('printer.home.signpost.internal')
  expect(lines(printer.answers)).toEqual(['printer.home.signpost.internal. 300 IN A 192.168.1.7'])
  expect((await gateway.ask('out.home.signpost.internal')).answers).toHaveLength(2)
  const byId = await gateway.ask(`printer.${zone}.signpost.internal`)
  expect(byId).toMatchObject({
    rcode: Rcode.NOERROR,
    answers: [],
    authoritative: false,
    authenticData: false,
  })
  expect(explanations(byId)[0]).toMatch(/or give the zone a petname$/)
  expect((await gateway.ask(`www.${zone}.signpost.internal`)).answers).toHaveLength(1)
})

test('what this machine says of itself goes through, whatever it is', async () => {
  const protect = protectFromRebinding({
    trusted: { domains: [], zones: 'none' },
    suffixes: [],
    isRouted: () => false,
    counters: new LimitCounters(),
  })
  const message = queryFor('nas.example')
  const query: Query = {
    question: message.questions[0]!,
    trail: [],
    budget: { left: 1 },
    message,
    transport: 'udp',
    client: { address: '127.0.0.1', port: 1 },
    addressProven: false,
    standing: standing('127.0.0.1'),
    signal: new AbortController().signal,
  }
  const { name } = query.question
  const answers = [
    {
      name,
      type: 1,
      class: 1,
      ttl: 60,
      rdata: { kind: 'A' as const, address: Uint8Array.of(192, 168, 1, 1) },
    },
  ]
  const said = (provenance: typeof fromGateway): Outcome => ({
    kind: 'answer',
    answers,
    authorities: [],
    provenance,
    age: 0,
  })
  const held = async (provenance: typeof fromGateway): Promise<string> =>
    (await protect(query, () => said(provenance))).kind
  expect(await held(fromGateway)).toBe('answer')
  expect(await held(fromUpstream)).toBe('filtered')
})
