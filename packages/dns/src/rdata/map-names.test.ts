import { expect, test } from 'vitest'
import { Name, parseName } from '../name.ts'
import { mapRdataNames } from './map-names.ts'
import type { Rdata } from './rdata.ts'

const inside = parseName('a.test.')
const outside = parseName('a.test.example.')
const rename = (name: Name): Name => (name.equals(inside) ? outside : name)
const octets = Uint8Array.of(1, 2)

const withNames: [Rdata, Rdata][] = [
  [
    { kind: 'NS', nameServer: inside },
    { kind: 'NS', nameServer: outside },
  ],
  [
    { kind: 'CNAME', target: inside },
    { kind: 'CNAME', target: outside },
  ],
  [
    { kind: 'DNAME', target: inside },
    { kind: 'DNAME', target: outside },
  ],
  [
    { kind: 'PTR', target: inside },
    { kind: 'PTR', target: outside },
  ],
  [
    { kind: 'MX', preference: 1, exchange: inside },
    { kind: 'MX', preference: 1, exchange: outside },
  ],
  [
    { kind: 'SRV', priority: 1, weight: 2, port: 3, target: inside },
    { kind: 'SRV', priority: 1, weight: 2, port: 3, target: outside },
  ],
  [
    { kind: 'SVCB', priority: 1, target: inside, params: [] },
    { kind: 'SVCB', priority: 1, target: outside, params: [] },
  ],
  [
    { kind: 'HTTPS', priority: 1, target: inside, params: [] },
    { kind: 'HTTPS', priority: 1, target: outside, params: [] },
  ],
  [
    {
      kind: 'NAPTR',
      order: 1,
      preference: 2,
      flags: octets,
      services: octets,
      regexp: octets,
      replacement: inside,
    },
    {
      kind: 'NAPTR',
      order: 1,
      preference: 2,
      flags: octets,
      services: octets,
      regexp: octets,
      replacement: outside,
    },
  ],
  [
    {
      kind: 'SOA',
      primary: inside,
      mailbox: inside,
      serial: 1,
      refresh: 2,
      retry: 3,
      expire: 4,
      minimum: 5,
    },
    {
      kind: 'SOA',
      primary: outside,
      mailbox: outside,
      serial: 1,
      refresh: 2,
      retry: 3,
      expire: 4,
      minimum: 5,
    },
  ],
]

test.each(withNames)('%o has its names replaced', (before, after) => {
  expect(mapRdataNames(before, rename)).toEqual(after)
})

test('rdata without names, and rdata whose names stay, come back as they are', () => {
  for (const rdata of [
    { kind: 'A', address: Uint8Array.of(192, 0, 2, 1) },
    { kind: 'TXT', strings: [octets] },
    { kind: 'UNKNOWN', octets },
    { kind: 'MX', preference: 1, exchange: Name.root },
  ] as const)
    expect(mapRdataNames(rdata, rename)).toBe(rdata)
})
