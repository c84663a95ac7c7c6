import type { MacBefore } from '../facts.ts'
import { type Machine, readText } from './machine.ts'
import { isLoopback, parseResolvConf } from './resolv-conf.ts'

/** Numbers of users that run a role and nobody logs in as (sysadminctl(8)). */
const ROLE_IDS = { first: 300, last: 399 } as const

/** What only Macs have, with an installation of ours taken out of it. */
export async function readMacos(machine: Machine): Promise<MacBefore> {
  const found = await readAsItIs(machine)
  const { before } = machine
  if (before === undefined) return found
  return {
    services: found.services.map(service => {
      const earlier = before.services.find(({ name }) => name === service.name)
      return earlier !== undefined && isOurs(service.servers) ? earlier : service
    }),
    servers: isOurs(found.servers) ? before.servers : found.servers,
    freeUserId: before.freeUserId,
  }
}

/** Whether the gateway is asked, and nobody else. */
function isOurs(servers: readonly string[]): boolean {
  return servers.length > 0 && servers.every(isLoopback)
}

async function readAsItIs(machine: Machine): Promise<MacBefore> {
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
