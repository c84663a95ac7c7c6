import { expect, test } from 'vitest'
import { type Owner, createOwner } from '../engine.test-support.ts'
import { routingOf, startHosts } from '../host/own-host.test-support.ts'
import type { Refusal } from '../refusals.ts'

test('what the DHT keeps is shared out among the peers who put it, and they are told of apart', async () => {
  const refusals: Refusal[] = []
  const keep = { zones: 4, share: 0.5 }
  await using network = await startHosts(3, at =>
    at === 0 ? { keep, onRefused: refusal => refusals.push(refusal) } : {},
  )
  const [keeper, one, other] = network.hosts
  const to = keeper!.libp2p.peerId.toString()
  const owners = [1, 2, 3, 4].map(seed => createOwner(seed))
  const signal = AbortSignal.timeout(10_000)
  const putBy = async (host: typeof one, owner: Owner): Promise<boolean> =>
    routingOf(host!).send(to, owner.routingKey, (await owner.sign(1)).bytes, { signal })

  expect(await putBy(one, owners[0]!)).toBe(true)
  expect(await putBy(one, owners[1]!)).toBe(true)
  // At once, so that one request is answered while the other is.
  const [further, others] = await Promise.all([putBy(one, owners[2]!), putBy(other, owners[3]!)])

  expect([further, others]).toEqual([false, true])
  expect(refusals).toMatchObject([
    {
      way: 'put',
      reason: 'room',
      peer: one!.libp2p.peerId.toString(),
      zoneId: owners[2]!.zoneId,
      error: { code: 'NO_ROOM', reason: 'source' },
    },
  ])
})
