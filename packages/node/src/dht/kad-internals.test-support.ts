// A DHT that does what the test says.
import type { KadDHT } from '@libp2p/kad-dht'

/** @param parts what it does; all else does nothing. */
export function fakeDht(parts: {
  readonly routingTable?: object
  readonly network?: object
  readonly getClosestPeers?: () => AsyncIterable<unknown>
}): KadDHT {
  return {
    ...parts,
    routingTable: Object.assign(parts.routingTable ?? {}, { find: nothing }),
    network: {
      sendRequest: nothing,
      _writeReadMessage: nothing,
      safeDispatchEvent: nothing,
      ...parts.network,
    },
    rpc: { handleMessage: nothing, onIncomingStream: nothing },
  } as unknown as KadDHT
}

function nothing(): void {}
