import { Rcode } from '@signpost/dns'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { explanations, lines } from '../../asking.test-support.ts'
import { type Server, recursiveServer, respond } from '../../in-process.test-support.ts'
import {
  GOOD,
  HOUR,
  MINUTE,
  World,
  answering,
  noData,
  noName,
  silent,
  withRcode,
} from './world.test-support.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Each lie of an upstream, and what the client is told beside the last good answer. */
const lies: readonly (readonly [string, Server, string])[] = [
  ['no such type', noData, '4 ordinary DNS says that there is no such type since'],
  [
    'no such type, without an SOA',
    request => respond(request),
    '4 ordinary DNS says that there is no such type since',
  ],
  ['no such name', noName, '4 ordinary DNS says that there is no such name since'],
  ['SERVFAIL', withRcode(Rcode.SERVFAIL), '3 ordinary DNS fails for this name since'],
  ['REFUSED', withRcode(Rcode.REFUSED), '3 ordinary DNS fails for this name since'],
  ['silence', silent, '3 ordinary DNS fails for this name since'],
  [
    'a message that was cut short',
    request => ({ ...respond(request), truncated: true }),
    '3 ordinary DNS fails',
  ],
  [
    'a referral to nowhere',
    request => ({
      ...respond(request, { authorities: 'example. 60 NS ns.example.' }),
      recursionAvailable: false,
    }),
    '3 ordinary DNS fails',
  ],
  [
    'the answer to another name',
    recursiveServer('other.example. 60 IN A 93.184.216.99\n'),
    '4 ordinary DNS says',
  ],
  [
    'the address of a router',
    answering('192.168.1.1'),
    '4 ordinary DNS says an address that is not on the internet',
  ],
  [
    'an address of loopback',
    answering('127.0.0.1'),
    '4 ordinary DNS says an address that is not on the internet',
  ],
]

test.each(lies)(
  'a name that was good turns to %s, and its last good answer goes out',
  async (_lie, lie, text) => {
    const world = new World()
    await world.prove()
    world.says = lie
    for (let n = 0; n < 3; n++) {
      const reply = await world.ask()
      expect(lines(reply.answers)).toEqual(['www.example. 30 IN A 93.184.216.34'])
      expect([reply.rcode, reply.authoritative, reply.authenticData]).toEqual([Rcode.NOERROR, false, false])
      expect(explanations(reply)).toEqual([expect.stringContaining(text)])
      await world.pass(5_000)
    }
    expect(world.gateway.events.map(({ kind, name, type }) => [kind, name, type])).toEqual([
      ['doubt-began', 'www.example.', 'A'],
    ])
    world.says = recursiveServer(GOOD)
    await world.pass(40_000)
    expect(await world.see()).toBe('93.184.216.34')
    expect(world.gateway.events.map(({ kind }) => kind)).toEqual(['doubt-began', 'doubt-ended'])
    expect(world.gateway.errors).toEqual([])
  },
)

test.each(lies.filter(([, , text]) => text.startsWith('4')))(
  '%s that stands for six hours is believed, and only then',
  async (_lie, lie) => {
    const world = new World()
    await world.prove()
    world.says = lie
    expect(await world.see()).toBe('93.184.216.34 EDE 4')
    await world.pass(6 * HOUR - 10 * MINUTE)
    expect(await world.see()).toBe('93.184.216.34 EDE 4')
    await world.pass(20 * MINUTE)
    expect(await world.see()).not.toContain('93.184.216.34')
    expect(world.gateway.events.at(-1)).toMatchObject({ kind: 'accepted', by: 'patience' })
    expect(world.gateway.guard.reports()).toEqual([])
  },
)

test.each(lies.filter(([, , text]) => text.startsWith('3')))(
  '%s is never believed, however long it lasts',
  async (_lie, lie) => {
    const world = new World()
    await world.prove()
    world.says = lie
    for (let day = 0; day < 30; day++) {
      expect(await world.see()).toBe('93.184.216.34 EDE 3')
      await world.pass(24 * HOUR)
    }
  },
)
