import type { Multiaddr } from '@multiformats/multiaddr'
import { AddressInUseError } from '@signpost/dns'
import { AddressUnavailableError } from '../config-errors.ts'

/**
 * What kept libp2p from listening, or undefined where it was something else. Its error carries the system's
 * codes only in its text.
 */
export function listenError(error: unknown, listen: readonly Multiaddr[]): Error | undefined {
  if (!(error instanceof Error) || error.name !== 'UnsupportedListenAddressesError') return undefined
  const failed = listen.map(String).filter(address => error.message.includes(`\n  ${address}: `))
  const addresses = failed.length > 0 ? failed : listen.map(String)
  if (error.message.includes('EADDRINUSE'))
    return new AddressInUseError(addresses, 'choose another port (port 0 takes any free one)', {
      cause: error,
    })
  const why = /E(?:ADDRNOTAVAIL|ACCES|AFNOSUPPORT|INVAL|PERM)/.exec(error.message)?.[0]
  return new AddressUnavailableError(addresses, why ?? 'the system refused', { cause: error })
}
