import { Rcode } from '@signpost/dns'
import { expect, test } from 'vitest'
import { explanations, lines } from '../asking.test-support.ts'
import { type Server, UPSTREAM, gatewayInProcess, respond } from '../in-process.test-support.ts'

const good: Server = request => respond(request, { answers: 'www.example. 300 IN A 192.0.2.1' })

test.each<[what: string, answers: { answers?: string }]>([
  ['with a TTL of 0, as resolvers have it in the last second', { answers: 'www.example. 0 IN A 192.0.2.1' }],
  ['without records or an SOA', {}],
])('an answer %s takes nothing away that an outage needs', async (_, answers) => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  let server: Server = good
  gateway.servers.add(UPSTREAM, request => server(request))
  await gateway.ask('www.example')
  gateway.zones.now += 300_000
  server = request => respond(request, answers)
  expect((await gateway.ask('www.example')).rcode).toBe(Rcode.NOERROR)
  server = () => undefined
  const reply = await gateway.ask('www.example')
  expect(lines(reply.answers)).toEqual(['www.example. 30 IN A 192.0.2.1'])
  expect(explanations(reply)).toEqual(['3 the newest copy that could be found is past its TTL'])
})
