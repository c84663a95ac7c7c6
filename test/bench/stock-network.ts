import {
  type OwnerKeys,
  createOwner,
  drain,
  freeze,
  lanSettings,
  signIpns,
  startStock,
  startStockNetwork,
} from '../../packages/node/src/traps/stock.test-support.ts'
import type { Contender, Reader } from './contender.ts'
import { timed, untilIdle } from './measure.ts'

/** libp2p with kad-dht as it comes. To publish is to put, to resolve is to get; both end when kad-dht ends them. */
export async function startStockContender(peers: number): Promise<Contender> {
  const network = await startStockNetwork(peers)
  const owners: OwnerKeys[] = []
  const thaws: (() => void)[] = []
  return {
    what: 'stock kad-dht',
    publish: async from => {
      const owner = await createOwner()
      const record = await signIpns(owner, 1)
      let acks = 0
      const time = await timed(async () => {
        const events = await drain(network.hosts[from]!.services.dht.put(owner.routingKey, record))
        acks = events.filter(
          event => event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE' && event.record,
        ).length
      })
      owners.push(owner)
      return { time, acks }
    },
    join: async (): Promise<Reader> => {
      const reader = await startStock({ dht: { ...lanSettings, clientMode: true } })
      for (const host of network.hosts) await reader.dial(host.getMultiaddrs())
      await untilIdle()
      return {
        resolve: async at =>
          timed(async () => {
            const events = await drain(reader.services.dht.get(owners[at]!.routingKey))
            if (!events.some(event => event.name === 'VALUE')) throw new Error('a value was not found')
          }),
        [Symbol.asyncDispose]: async () => {
          await reader.stop()
        },
      }
    },
    freeze: async (from, to) => {
      thaws.push(await freeze(network.hosts.slice(from, to), lanSettings.protocol!))
    },
    stop: async (from, to) => {
      await Promise.all(network.hosts.slice(from, to).map(async host => host.stop()))
    },
    [Symbol.asyncDispose]: async () => {
      for (const thaw of thaws) thaw()
      await network[Symbol.asyncDispose]()
    },
  }
}
