import { Rcode } from '@signpost/dns'
import { printHostPort } from '../../values/host-port.ts'
import type { Listener } from '../facts.ts'
import type { Probe } from '../probe.ts'
import { type Check, fail, ok, warn } from './check.ts'
import { installAgain } from './install-again.ts'
import type { Asked, Observations } from './observations.ts'

/** Whether the gateway answers at each of its addresses, over UDP and TCP. */
export function checkListening({ listening, holders, daemon }: Observations): Check[] {
  const name = 'listening'
  const failed = listening.filter(({ answer }) => answer.kind !== 'gateway')
  if (failed.length === 0)
    return listening.length === 0
      ? []
      : [
          ok(
            name,
            `the gateway answers at ${unique(listening.map(({ at }) => printHostPort(at))).join(', ')}, over UDP and TCP`,
          ),
        ]
  return failed.map(({ at, transport, answer }) => {
    const holder = holders.find(
      one => one.at.port === at.port && one.at.host === at.host && one.transport === transport,
    )
    const place = `${printHostPort(at)} over ${transport.toUpperCase()}`
    if (answer.kind === 'other')
      return fail(
        name,
        `another DNS server${nameOf(holder)} answers at ${place}, where the gateway should`,
        'stop that server, or change gateway.listen',
      )
    const mend =
      daemon.kind === 'running'
        ? 'look for a firewall on loopback: sudo nft list ruleset'
        : 'start the daemon first'
    return fail(name, `the gateway does not answer at ${place}: ${reasonOf(answer)}`, mend)
  })
}

/** Who else is a DNS server here. It is only of use to know where something does not work. */
export function checkPort({ holders, daemon, platform }: Observations): Check | undefined {
  // Elsewhere nobody says who listens.
  if (platform !== 'linux') return undefined
  const own = daemon.kind === 'running' ? daemon.status.pid : undefined
  const others = holders.filter(({ pid }) => pid === undefined || pid !== own)
  if (others.length === 0) return ok('port 53', 'no other program listens at port 53')
  const who = others.map(({ at, program }) => `${program ?? 'another program'} at ${printHostPort(at)}`)
  return ok('port 53', `also a DNS server here: ${unique(who).join(', ')}`)
}

/** Whether names below the suffix come to the gateway when a program asks as all programs do. */
export function checkResolver(seen: Observations): Check {
  const { resolvers, suffix, installation, listening } = seen
  const name = 'resolver'
  const [first] = resolvers
  const again = installAgain(seen)
  if (first === undefined) return fail(name, 'this machine has no DNS server in its configuration', again)
  const at = printHostPort(first.at)
  if (first.answer.kind === 'gateway') {
    const others = resolvers.filter(({ answer }) => answer.kind !== 'gateway')
    if (others.length === 0)
      return ok(name, `names below ${suffix} reach the gateway through this machine's resolver (${at})`)
    return warn(
      name,
      `names below ${suffix} reach the gateway through ${at}, but not through ${others.map(other => printHostPort(other.at)).join(', ')}, ` +
        'which programs ask where the first one is slow',
      again,
    )
  }
  const sentence = `names below ${suffix} do not reach the gateway: this machine's resolver at ${at} ${saying(first)}`
  if (installation === undefined) return warn(name, sentence, 'sudo signpost install')
  const gatewayAnswers = listening.some(({ answer }) => answer.kind === 'gateway')
  return fail(name, sentence, gatewayAnswers ? again : 'mend the gateway first, which does not answer itself')
}

function saying({ answer }: Asked): string {
  if (answer.kind === 'other') return `answers by itself (${rcodeName(answer.rcode)})`
  return `does not answer (${reasonOf(answer)})`
}

export function rcodeName(rcode: number): string {
  return Object.entries(Rcode).find(([, value]) => value === rcode)?.[0] ?? `code ${rcode}`
}

function reasonOf(answer: Probe): string {
  return answer.kind === 'silence' ? answer.reason : ''
}

function nameOf(holder: Listener | undefined): string {
  return holder?.program === undefined ? '' : ` (${holder.program})`
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}
