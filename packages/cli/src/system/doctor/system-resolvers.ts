import { getServers } from 'node:dns'
import { isIP } from 'node:net'
import type { HostPort } from '../../values/host-port.ts'
import { parseHostPort } from '../../values/host-port.ts'
import { runCommand } from '../effects/commands.ts'
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
): Promise<readonly Asked[]> {
  if (platform === 'win32') return askWindows(suffix)
  const servers = platform === 'darwin' ? await macServers(suffix) : systemServers()
  return Promise.all(
    servers
      .slice(0, MAX_SERVERS)
      .map(async at => ({ at, transport: 'udp' as const, answer: await probe(at, suffix) })),
  )
}

/** Of resolv.conf, as Node reads it when it starts. */
function systemServers(): HostPort[] {
  return getServers().map(server =>
    parseHostPort(isIP(server) === 6 ? `[${server}]` : server, { defaultPort: DNS_PORT }),
  )
}

async function macServers(suffix: string): Promise<HostPort[]> {
  const own = resolverFor(suffix, (await runCommand(['scutil', '--dns'])).stdout)
  return own === undefined ? systemServers() : [own]
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
  const [at] = systemServers()
  const answer: Probe = stdout.includes('nobody.invalid')
    ? { kind: 'gateway' }
    : ok
      ? { kind: 'other', rcode: 0 }
      : { kind: 'silence', reason: problem }
  return at === undefined ? [] : [{ at, transport: 'udp', answer }]
}
