import { type Limits, limitsWith } from '../limits.ts'
import { type Standing, standingOf } from './clients.ts'
import { LOOPBACK, type Network, networks } from './network.ts'
import { Protection } from './protection.ts'
import { type ProtectionOptions, readProtection } from './settings.ts'

/** What an address says where everybody may ask and this machine has no rate limits. */
export function standing(address: string, unlimited: readonly Network[] = LOOPBACK): Standing {
  return standingOf(address, { allow: networks('0.0.0.0/0', '::/0'), unlimited, limits: limitsWith() })
}

/** What protects a gateway that everybody may ask. The clock stands still. */
export function protectionFor(options: ProtectionOptions = {}, limits: Partial<Limits> = {}): Protection {
  const settings = readProtection({ allow: ['0.0.0.0/0', '::/0'], ...options }, [])
  return new Protection({ ...settings, limits: limitsWith(limits), now: () => 0 })
}
