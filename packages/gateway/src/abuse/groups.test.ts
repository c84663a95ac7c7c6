import { parseName } from '@signpost/dns'
import { expect, test } from 'vitest'
import { queryFor } from '../asking.test-support.ts'
import type { Query } from '../query.ts'
import { clientGroups, domainGroups } from './groups.ts'
import { standing } from './standing.test-support.ts'

const SUFFIXES = [parseName('signpost.internal.'), parseName('zones.example.org.')]
const domains = (name: string): string[] =>
  domainGroups(parseName(name), SUFFIXES).map(({ key }) => key.replaceAll(/[^a-z\d ]/g, '.'))

test.each([
  ['a.b.c.example.com.', ['domain .example.com', 'inner .c.example.com']],
  ['X.Example.COM.', ['domain .example.com', 'inner .x.example.com']],
  ['x.example.co.uk.', ['domain .co.uk', 'inner .example.co.uk']],
  ['example.com.', ['domain .example.com', 'inner .example.com']],
  ['com.', ['domain .com', 'inner .com']],
  ['.', ['domain ', 'inner ']],
  ['x.y.alice.signpost.internal.', ['domain .signpost.internal', 'inner .alice.signpost.internal']],
  ['x.alice.zones.example.org.', ['domain .zones.example.org', 'inner .alice.zones.example.org']],
])('%s counts for %j', (name, groups) => {
  expect(domains(name).map(text => text.replaceAll(/\.+$/g, ''))).toEqual(
    groups.map(text => text.replaceAll(/\.+$/g, '')),
  )
})

function clients(address: string, port: number, addressProven: boolean): string[] {
  const message = queryFor('www.example.com')
  const query: Query = {
    question: message.questions[0]!,
    trail: [],
    budget: { left: 1 },
    message,
    transport: 'udp',
    client: { address, port },
    addressProven,
    standing: standing(address),
    signal: new AbortController().signal,
  }
  return clientGroups(query).map(({ key }) => key)
}

test('a client counts for its network; one that may be somebody else, for all such ones too', () => {
  expect(clients('192.0.2.1', 1000, true)).toEqual(['client 192.0.2.1/32'])
  expect(clients('192.0.2.1', 1000, false)).toEqual(['client 192.0.2.1/32', 'unproven'])
})

test('a program of this machine counts for the machine, and for its socket', () => {
  expect(clients('127.0.0.1', 1000, false)).toEqual(['client 127.0.0.1/32', 'socket 127.0.0.1 1000'])
})
