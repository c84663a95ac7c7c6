import { getServers } from 'node:dns'
import { isIP } from 'node:net'
import type { HostPort } from '../../values/host-port.ts'
import { runCommand } from '../effects/commands.ts'
import { type Machine, readText } from '../machine/machine.ts'
import { parseResolvConf } from '../machine/resolv-conf.ts'
import { type Probe, probe } from '../probe.ts'
import { powershell } from '../resolver/windows.ts'
import type { Asked } from './observations.ts'

const DNS_PORT = 53
/** More than programs ask (resolv.conf(5)). */
const MAX_SERVERS = 3

/** The servers that programs ask for a name below the suffix, and what each of them says. */
export async function askSystemResolvers(
  suffix: string,
  platform: NodeJS.Platform,
  disk: Machine['disk'],
): Promise<readonly Asked[]> {
  if (platform === 'win32') return askWindows(suffix)
  const own = platform === 'darwin' ? await macServer(suffix) : undefined
  const servers = own === undefined ? await serversOf(disk) : [own]
  return Promise.all(
    servers
      .slice(0, MAX_SERVERS)
      .map(async at => ({ at, transport: 'udp' as const, answer: await probe(at, suffix) })),
  )
}

/** Of resolv.conf; none where it names none, though programs then ask 127.0.0.1. */
export async function serversOf(disk: Machine['disk']): Promise<HostPort[]> {
  const text = (await readText({ disk }, '/etc/resolv.conf')) ?? ''
  return parseResolvConf(text).servers.map(host => ({ host, port: DNS_PORT }))
}

async function macServer(suffix: string): Promise<HostPort | undefined> {
  return resolverFor(suffix, (await runCommand(['scutil', '--dns'])).stdout)
}

/** The server that `scutil --dns` has for a domain of its own. */
export function resolverFor(domain: string, output: string): HostPort | undefined {
  for (const block of output.split(/^resolver #\d+$/m)) {
    const field = (name: string): string | undefined =>
      new RegExp(`^ *${name} *: (\\S+)`, 'm').exec(block)?.[1]
    const host = field('nameserver\\[0\\]')
    if (field('domain') === domain && host !== undefined)
      return { host, port: Number(field('port') ?? DNS_PORT) }
  }
  return undefined
}

// Rules for names stand above the servers of interfaces, and only Windows itself goes by them.
async function askWindows(suffix: string): Promise<readonly Asked[]> {
  const { ok, stdout, problem } = await runCommand(
    powershell(`(Resolve-DnsName -Name '${suffix}' -Type SOA -DnsOnly).NameAdministrator`),
  )
  // Whoever they are, they are asked by Windows.
  const host = getServers().find(server => isIP(server) !== 0)
  const answer: Probe = stdout.includes('nobody.invalid')
    ? { kind: 'gateway' }
    : ok
      ? { kind: 'other', rcode: 0 }
      : { kind: 'silence', reason: problem }
  return host === undefined ? [] : [{ at: { host, port: DNS_PORT }, transport: 'udp', answer }]
}
