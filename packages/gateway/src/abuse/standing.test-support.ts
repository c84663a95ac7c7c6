import { limitsWith } from '../limits.ts'
import { type Standing, standingOf } from './clients.ts'
import { LOOPBACK, type Network, networks } from './network.ts'

/** What an address says where everybody may ask and this machine has no rate limits. */
export function standing(address: string, unlimited: readonly Network[] = LOOPBACK): Standing {
  return standingOf(address, { allow: networks('0.0.0.0/0', '::/0'), unlimited, limits: limitsWith() })
}
