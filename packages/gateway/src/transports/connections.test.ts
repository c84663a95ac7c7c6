import { expect, test } from 'vitest'
import { protectionFor } from '../abuse/standing.test-support.ts'
import { Connections, type Conversation, type Place } from './connections.ts'

/** What goes on over a connection of a test: idle until it is told otherwise. */
class Talk implements Conversation {
  isIdle = true
  isClosed = false
  isAborted = false
  unsent = 0

  finish(): void {}

  close(): void {
    this.isClosed = true
  }

  abort(): void {
    this.isAborted = true
  }
}

interface Client {
  readonly talk: Talk
  readonly place: Place
}

class Harbour {
  readonly connections: Connections

  constructor(tcpConnections: number, tcpPerClient: number, tcpUnsent = Infinity) {
    this.connections = new Connections({ tcpConnections, tcpPerClient, tcpUnsent }, protectionFor())
  }

  /** Undefined where there was no room. */
  connect(address: string): Client | undefined {
    const place = this.connections.enter('tcp', address)
    if (place === undefined) return undefined
    const talk = new Talk()
    place.conversation = talk
    return { talk, place }
  }

  crowd(count: number, address: (n: number) => string): Client[] {
    return Array.from({ length: count }, (_, n) => this.connect(address(n))).filter(
      client => client !== undefined,
    )
  }
}

const owe = ({ talk, place }: Client, unsent: number): void => {
  talk.unsent = unsent
  place.count()
}

const closed = (clients: readonly Client[]): boolean[] => clients.map(({ talk }) => talk.isClosed)

test('where a client has all connections that it may have, its own longest idle one goes, and no other client’s', () => {
  const harbour = new Harbour(100, 3)
  const other = harbour.connect('192.0.2.1')!
  const own = harbour.crowd(3, () => '192.0.2.2')
  own[0]!.place.touch()
  const more = harbour.connect('192.0.2.2')!
  expect(closed([other, ...own, more])).toEqual([false, false, true, false, false])
  expect(harbour.connections.stats()).toEqual({
    open: { tcp: 4, tls: 0, https: 0 },
    displaced: 1,
    refused: 0,
    untaken: 0,
  })
})

test('a client whose connections are all busy gets no more, while another does', () => {
  const harbour = new Harbour(100, 3)
  const own = harbour.crowd(3, () => '192.0.2.2')
  for (const { talk } of own) talk.isIdle = false
  expect(harbour.connect('192.0.2.2')).toBeUndefined()
  expect(harbour.connect('192.0.2.3')).toBeDefined()
  expect(closed(own)).toEqual([false, false, false])
  expect(harbour.connections.stats()).toMatchObject({ refused: 1, displaced: 0 })
  own[1]!.place.leave()
  expect(harbour.connect('192.0.2.2')).toBeDefined()
})

test('all addresses with the same first 56 bits are one client; of IPv4, and of interfaces, each is its own', () => {
  const harbour = new Harbour(100, 2)
  const busy = (addresses: readonly string[]): number =>
    addresses.filter(address => {
      const client = harbour.connect(address)
      if (client !== undefined) client.talk.isIdle = false
      return client !== undefined
    }).length
  expect(busy(['2001:db8::1', '2001:db8::2:3:4:5', '2001:db8:0:0:ffff::'])).toBe(2)
  expect(busy(['2001:db8:0:100::1', '192.0.2.1', '192.0.2.2', '192.0.2.3'])).toBe(4)
  expect(busy(['fe80::1%eth0', 'fe80::2%eth0', 'fe80::3%eth1'])).toBe(2)
})

test('where all connections are taken by a crowd, the longest idle one makes room for a newcomer', () => {
  const harbour = new Harbour(50, 10)
  const crowd = harbour.crowd(50, n => `192.0.2.${n}`)
  crowd[0]!.talk.isIdle = false
  crowd[1]!.place.touch()
  expect(harbour.connect('198.51.100.1')).toBeDefined()
  expect(crowd.findIndex(({ talk }) => talk.isClosed)).toBe(2)
  expect(harbour.connections.stats().open.tcp).toBe(50)
})

test('a place is given back once, however often it is left', () => {
  const harbour = new Harbour(2, 2)
  const [first] = harbour.crowd(2, () => '192.0.2.1')
  harbour.connect('192.0.2.1')
  expect(first!.talk.isClosed).toBe(true)
  first!.place.leave()
  first!.place.leave()
  first!.place.touch()
  expect(harbour.connections.stats().open.tcp).toBe(2)
})

test('one client’s busy connections, however long they are held, do not keep a newcomer from the place of an idle one', () => {
  const harbour = new Harbour(1000, 100)
  for (const { talk } of harbour.crowd(100, () => '192.0.2.1')) talk.isIdle = false
  harbour.crowd(900, n => `2001:db8:${n}::1`)
  for (let n = 0; n < 900; n++) expect(harbour.connect(`2001:db9:${n}::1`)).toBeDefined()
})

test('looking for an idle one among very many busy ones ends after a while, and goes on at the next newcomer', () => {
  const harbour = new Harbour(1000, 1000)
  const crowd = harbour.crowd(1000, n => `2001:db8:${n}::1`)
  for (const { talk } of crowd.slice(0, 999)) talk.isIdle = false
  const tries = Array.from({ length: 4 }, () => harbour.connect('198.51.100.1') !== undefined)
  expect(tries).toEqual([false, false, false, true])
  expect(crowd[999]!.talk.isClosed).toBe(true)
})

test('where too many octets wait to be taken, the connections go to which most is unsent, of the client with most', () => {
  const harbour = new Harbour(100, 100, 1000)
  const [one, two] = harbour.crowd(2, () => '192.0.2.1')
  const other = harbour.connect('192.0.2.2')!
  const aborted = (): boolean[] => [one!, two!, other].map(({ talk }) => talk.isAborted)
  owe(one!, 300)
  owe(two!, 250)
  owe(other, 450)
  expect(aborted()).toEqual([false, false, false])
  owe(two!, 251)
  expect(aborted()).toEqual([true, false, false])
  // What is taken counts no more, be it that nobody said so.
  other.talk.unsent = 0
  owe(two!, 1000)
  expect(aborted()).toEqual([true, false, false])
  owe(two!, 1001)
  expect(aborted()).toEqual([true, true, false])
  expect(harbour.connections.stats()).toMatchObject({ untaken: 2, open: { tcp: 1 } })
  owe(two!, 5000)
  owe(other, 1000)
  expect(aborted()).toEqual([true, true, false])
})
