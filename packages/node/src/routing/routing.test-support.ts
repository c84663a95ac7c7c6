// What every routing must do, whatever carries it.
import { describe, expect, test } from 'vitest'
import { createOwner } from '../engine.test-support.ts'
import type { Routing, RoutingAck, RoutingAnswer } from './routing.ts'

/** A peer that keeps records for others and refuses older ones. */
export interface TestHolder {
  readonly peer: string
  held(key: Uint8Array): Promise<Uint8Array | undefined>
  /** Makes it hold a record, whatever the other peers hold. */
  hold(key: Uint8Array, value: Uint8Array): Promise<void>
}

export interface TestNetwork extends AsyncDisposable {
  /** Of a node that holds nothing itself. */
  readonly routing: Routing
  readonly holders: readonly TestHolder[]
}

/** @param create makes a network of as many holders, all of them among the closest to every key. */
export function describeRouting(name: string, create: (holders: number) => Promise<TestNetwork>): void {
  describe(`${name} as a routing`, () => {
    const owner = createOwner(3)
    const key = owner.routingKey
    const never = new AbortController().signal

    test('a key that nobody holds ends with peers that say so', async () => {
      await using network = await create(3)
      const answers = await all(network.routing.get(key, { signal: never }))
      expect(answers.length).toBeGreaterThan(0)
      expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['nothing']))
    })

    test('each peer’s own record comes with who gave it, older ones too', async () => {
      await using network = await create(3)
      const [older, newer] = [await owner.sign(1), await owner.sign(2)]
      const [first, second] = network.holders
      await first?.hold(key, older.bytes)
      await second?.hold(key, newer.bytes)
      const answers = await all(network.routing.get(key, { signal: never }))
      expect(valueOf(answers, first)).toEqual(older.bytes)
      expect(valueOf(answers, second)).toEqual(newer.bytes)
    })

    test('a put reaches every holder, counts them, and says each ack as it comes', async () => {
      await using network = await create(3)
      const { bytes } = await owner.sign(1)
      const acks: RoutingAck[] = []
      const put = await network.routing.put(key, bytes, { signal: never, onAck: ack => acks.push(ack) })
      expect(put).toEqual({ acks: 3, asked: 3 })
      expect(acks.map(({ acks }) => acks)).toEqual([1, 2, 3])
      expect(new Set(acks.map(({ peer }) => peer))).toEqual(new Set(network.holders.map(({ peer }) => peer)))
      for (const holder of network.holders) expect(octets(await holder.held(key))).toEqual(octets(bytes))
    })

    test('a holder of something newer refuses the put, and is no ack', async () => {
      await using network = await create(3)
      const [older, newer] = [await owner.sign(1), await owner.sign(2)]
      const [holder] = network.holders
      await holder?.hold(key, newer.bytes)
      const acks: RoutingAck[] = []
      const put = await network.routing.put(key, older.bytes, { signal: never, onAck: ack => acks.push(ack) })
      expect(put).toEqual({ acks: 2, asked: 3 })
      expect(acks.find(({ peer }) => peer === holder?.peer)?.ok).toBe(false)
      expect(octets(await holder?.held(key))).toEqual(octets(newer.bytes))
    })

    test('one peer can be given a newer record, and no other gets it', async () => {
      await using network = await create(2)
      const { routing } = network
      const [older, newer] = [await owner.sign(1), await owner.sign(2)]
      const [first, second] = network.holders
      await first?.hold(key, older.bytes)
      expect(await routing.send?.(first?.peer ?? '', key, newer.bytes, { signal: never })).toBe(true)
      expect(octets(await first?.held(key))).toEqual(octets(newer.bytes))
      expect(await second?.held(key)).toBeUndefined()
      expect(await routing.send?.(first?.peer ?? '', key, older.bytes, { signal: never })).toBe(false)
      expect(octets(await first?.held(key))).toEqual(octets(newer.bytes))
    })

    test('with no peers a lookup ends empty, and a put ends without an ack', async () => {
      await using network = await create(0)
      // A routing may hope for a peer to turn up for a while; the signal says how long that may be.
      const signal = AbortSignal.timeout(2_000)
      expect(await all(network.routing.get(key, { signal }))).toEqual([])
      expect(await network.routing.put(key, (await owner.sign(1)).bytes, { signal })).toEqual({
        acks: 0,
        asked: 0,
      })
    })

    test('a signal that has aborted ends a lookup and a put quietly', async () => {
      await using network = await create(2)
      const { bytes } = await owner.sign(1)
      for (const holder of network.holders) await holder.hold(key, bytes)
      const signal = AbortSignal.abort(new Error('enough'))
      const answers = await all(network.routing.get(key, { signal }))
      expect(answers.every(({ kind }) => kind === 'value')).toBe(true)
      expect((await network.routing.put(key, bytes, { signal })).acks).toBe(0)
    })

    test('a reader that has enough just stops reading', async () => {
      await using network = await create(3)
      const { bytes } = await owner.sign(1)
      for (const holder of network.holders) await holder.hold(key, bytes)
      for await (const answer of network.routing.get(key, { signal: never })) {
        expect(answer.kind).toBe('value')
        break
      }
    })
  })
}

async function all(answers: AsyncIterable<RoutingAnswer>): Promise<RoutingAnswer[]> {
  const collected: RoutingAnswer[] = []
  for await (const answer of answers) collected.push(answer)
  return collected
}

function valueOf(answers: readonly RoutingAnswer[], holder: TestHolder | undefined): Uint8Array | undefined {
  const answer = answers.findLast(({ from }) => from === holder?.peer)
  return answer?.kind === 'value' ? octets(answer.value) : undefined
}

// A Buffer and a Uint8Array of the same octets are the same here.
function octets(value: Uint8Array | undefined): Uint8Array | undefined {
  return value && Uint8Array.from(value)
}
