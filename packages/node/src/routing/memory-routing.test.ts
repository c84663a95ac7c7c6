import { expect, test } from 'vitest'
import { createOwner } from '../engine.test-support.ts'
import { type HolderBehaviour, MemoryNetwork } from './memory-routing.ts'
import { describeRouting } from './routing.test-support.ts'

describeRouting('MemoryRouting', async count => {
  const network = new MemoryNetwork()
  const holders = Array.from({ length: count }, () => network.add())
  return {
    routing: network.routing(),
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
const key = owner.routingKey

test.for<[HolderBehaviour, string]>([
  ['honest', 'newer'],
  ['careless', 'older'],
  ['refusing', 'newer'],
])('a %s holder of a newer record that is given an older one has the %s', async ([behaviour, which]) => {
  const network = new MemoryNetwork()
  const holder = network.add(behaviour)
  const records = { older: await owner.sign(1), newer: await owner.sign(2) }
  holder.hold(key, records.newer.bytes)
  await network.routing().put(key, records.older.bytes, { signal: new AbortController().signal })
  expect(holder.held(key)).toEqual(records[which as keyof typeof records].bytes)
})

test('frozen holders answer nothing until the signal ends the lookup, unreachable ones nothing at all', async () => {
  const network = new MemoryNetwork()
  const { bytes } = await owner.sign(1)
  for (const behaviour of ['frozen', 'unreachable', 'corrupt', 'honest'] as const)
    network.add(behaviour).hold(key, bytes)
  const controller = new AbortController()
  const answers: string[] = []
  for await (const answer of network.routing().get(key, { signal: controller.signal })) {
    answers.push(answer.kind === 'value' && Buffer.compare(answer.value, bytes) === 0 ? 'same' : 'changed')
    if (answers.length === 2) controller.abort(new Error('enough'))
  }
  expect(answers.sort()).toEqual(['changed', 'same'])
})
