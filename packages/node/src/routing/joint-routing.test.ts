import { expect, test } from 'vitest'
import { createEngine, createOwner, quiet, sequenceOf } from '../engine.test-support.ts'
import { JointRouting } from './joint-routing.ts'
import { MemoryNetwork } from './memory-routing.ts'
import { describeRouting } from './routing.test-support.ts'

const twoNetworks = (): MemoryNetwork[] => [new MemoryNetwork('near'), new MemoryNetwork('far')]

describeRouting('JointRouting', async count => {
  const networks = twoNetworks()
  const holders = Array.from({ length: count }, (_, at) => networks[at % networks.length]!.add())
  return {
    routing: new JointRouting(networks.map(network => network.routing())),
    holders: holders.map(holder => ({
      peer: holder.peer,
      held: async key => holder.held(key),
      hold: async (key, value) => {
        holder.hold(key, value)
      },
    })),
    [Symbol.asyncDispose]: async () => {},
  }
})

const owner = createOwner()
const { zoneId, routingKey } = owner
const [first, second] = [await owner.sign(1), await owner.sign(2)]

function createJointEngine(): {
  engine: ReturnType<typeof createEngine>
  near: MemoryNetwork
  far: MemoryNetwork
} {
  const [near, far] = twoNetworks() as [MemoryNetwork, MemoryNetwork]
  const engine = createEngine({ routing: new JointRouting([near.routing(), far.routing()]) })
  return { engine, near, far }
}

test('the first network that answers is enough for an answer, while the other one is silent', async () => {
  const { engine, near, far } = createJointEngine()
  near.add().hold(routingKey, first.bytes)
  far.add('frozen')
  expect(sequenceOf(await engine.resolve(zoneId))).toBe(1)
  await engine.resolver.stop()
})

test('agreement in one network does not end the search in another one, which has news', async () => {
  const { engine, near, far } = createJointEngine()
  for (let at = 0; at < 10; at++) near.add().hold(routingKey, first.bytes)
  const late = far.add()
  late.hold(routingKey, second.bytes)
  const release = late.pause()
  const resolving = engine.resolve(zoneId, { policy: 'network-first' })
  await quiet()
  release()
  expect(sequenceOf(await resolving)).toBe(2)
  await quiet()
  // Those that were asked in the first network are corrected there.
  const corrected = near.holders.filter(
    holder => Buffer.compare(holder.held(routingKey) ?? new Uint8Array(), second.bytes) === 0,
  )
  expect(corrected).toHaveLength(10)
})

test('nobody has a zone only where every network was heard out', async () => {
  const { engine, near, far } = createJointEngine()
  near.add()
  far.add('frozen')
  const resolving = engine.resolve(zoneId).catch((error: unknown) => error)
  await engine.clock.pass(15_000)
  expect(await resolving).toMatchObject({ code: 'RESOLVE_FAILED', reason: 'deadline' })
  await engine.resolver.stop()
})

test('a network that fails does not take the others with it', async () => {
  const near = new MemoryNetwork('near')
  near.add().hold(routingKey, first.bytes)
  const broken = new MemoryNetwork().routing()
  broken.get = () => {
    throw new Error('no socket')
  }
  const engine = createEngine({ routing: new JointRouting([broken, near.routing()]) })
  expect(sequenceOf(await engine.resolve(zoneId, { policy: 'network-first' }))).toBe(1)
})

test('a reader that leaves hears nothing of what fails afterwards', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => {
    unhandled.push(reason)
  }
  process.on('unhandledRejection', note)
  const near = new MemoryNetwork('near')
  near.add().hold(routingKey, first.bytes)
  const breaking = new MemoryNetwork().routing()
  breaking.get = async function* () {
    yield { kind: 'nothing', from: 'breaking' }
    throw new Error('no socket any more')
  }
  const joint = new JointRouting([breaking, near.routing()])
  for await (const { from } of joint.get(routingKey, { signal: new AbortController().signal })) {
    expect(from).toBe('breaking')
    break
  }
  await quiet()
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})
