import type { MacFacts } from '../facts.ts'
import { type Machine, readText } from './machine.ts'
import { parseResolvConf } from './resolv-conf.ts'

type MacOnly = Pick<MacFacts, 'services' | 'servers' | 'freeUserId'>

/** Numbers of users that run a role and nobody logs in as (sysadminctl(8)). */
const ROLE_IDS = { first: 300, last: 399 } as const

/** What only Macs have. */
export async function readMacos(machine: Machine): Promise<MacOnly> {
  const { ask } = machine
  // macOS writes it anew whenever the network changes.
  const { servers } = parseResolvConf((await readText(machine, '/etc/resolv.conf')) ?? '')
  if (ask === undefined) return { services: [], servers, freeUserId: ROLE_IDS.first }
  const names = networkServices((await ask(['networksetup', '-listallnetworkservices'])).stdout)
  const services: { name: string; servers: readonly string[] }[] = []
  for (const name of names)
    services.push({
      name,
      servers: parseServers((await ask(['networksetup', '-getdnsservers', name])).stdout),
    })
  const users = (await ask(['dscl', '.', '-list', '/Users', 'UniqueID'])).stdout
  return { services, servers, freeUserId: freeUserId(users) }
}

/** The first line is a legend; an asterisk stands before a service that is switched off. */
export function networkServices(output: string): string[] {
  return output
    .split('\n')
    .slice(1)
    .filter(line => line !== '' && !line.startsWith('*'))
}

/** Addresses, a line each, or a sentence that there are none. */
export function parseServers(output: string): string[] {
  return output.split('\n').filter(line => /^[\da-fA-F.:%]+$/.test(line))
}

export function freeUserId(users: string): number | undefined {
  if (/^_signpost\s/m.test(users)) return undefined
  const taken = new Set(users.split('\n').map(line => Number(line.trim().split(/\s+/).at(-1))))
  for (let id: number = ROLE_IDS.first; id <= ROLE_IDS.last; id++) if (!taken.has(id)) return id
  return undefined
}
