import { expect, test } from 'vitest'
import { type Message, RrClass, RrType, createQuery, parseName, printRcode, printRecord } from '@signpost/dns'
import { answerFrom, servedZone } from './zone-answer.ts'
import { DOMAIN, SERVICE, ownersZone, providerZone } from './zone-text.ts'

const pin = 'k51qzi5uqu5dg9vhl7sj2sgxwzi8zz0rw6qx2zfoyc4iqrbcgcjsenwlkqyqdf'

function ask(addresses: readonly string[], name: string, type: number): Message {
  const zone = servedZone(DOMAIN, providerZone({ serial: 7, addresses, pin }))
  return answerFrom(zone, createQuery({ name: parseName(name), type, class: RrClass.IN }))
}

test('the service has the addresses of the plan', () => {
  const { answers, authoritative } = ask(['127.0.0.1', '127.0.0.2'], SERVICE, RrType.A)
  expect(authoritative).toBe(true)
  expect(answers.map(printRecord)).toEqual([
    'api.example.com. 5 IN A 127.0.0.1',
    'api.example.com. 5 IN A 127.0.0.2',
  ])
})

test('without a plan the name is there and has no address: NODATA, not NXDOMAIN', () => {
  const reply = ask([], SERVICE, RrType.A)
  expect(printRcode(reply.rcode)).toBe('NOERROR')
  expect(reply.answers).toEqual([])
  expect(reply.authorities.map(({ type }) => type)).toEqual([RrType.SOA])
})

test('other names of the domain do not exist, and other domains are not its business', () => {
  expect(printRcode(ask([], `nothing.${DOMAIN}`, RrType.A).rcode)).toBe('NXDOMAIN')
  expect(printRcode(ask([], 'example.net', RrType.A).rcode)).toBe('REFUSED')
})

test('the pin is in the zone', () => {
  expect(ask([], `_signpost.${DOMAIN}`, RrType.TXT).answers).toHaveLength(1)
})

test('what the owner signs is a zone file of the same service', () => {
  expect(ownersZone(['127.0.0.1'])).toBe('$TTL 60\napi A 127.0.0.1\n')
})
