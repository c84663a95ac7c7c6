import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { InterruptedError } from '../errors.ts'
import { printHostPort } from '../values/host-port.ts'
import type { WaitChange } from './change.ts'
import { runCommand } from './effects/commands.ts'
import { GatewaySilentError, ResolverSilentError } from './errors.ts'
import { serviceLog } from './paths.ts'
import { type Probe, probe } from './probe.ts'
import { SERVICE } from './service/systemd.ts'

/** Milliseconds for the service to start: a node opens its store first. */
const START_WAIT = 30_000
/** Milliseconds for a resolver that was just told. */
const RESOLVER_WAIT = 10_000
/** Milliseconds between two looks. */
const PAUSE = 200

/**
 * Resolves when the gateway answers.
 * @throws GatewaySilentError where it does not in time, or the service has given up; ResolverSilentError where a resolver
 *   is asked and it is not the gateway that answers.
 */
export async function untilAnswered(
  { at, suffix, by }: WaitChange,
  platform: NodeJS.Platform,
  stop: AbortSignal,
): Promise<void> {
  const end = performance.now() + (by === undefined ? START_WAIT : RESOLVER_WAIT)
  for (;;) {
    if (stop.aborted) throw new InterruptedError()
    const answer = await probe(at, suffix)
    if (answer.kind === 'gateway') return
    // Until then systemd-resolved asks nobody, not even on loopback, and there is nothing to learn.
    if (by !== undefined && !hasNetwork(networkInterfaces())) return
    const isLate = performance.now() > end
    if (by !== undefined && isLate)
      throw new ResolverSilentError(suffix, `${by} at ${printHostPort(at)}`, reasonOf(answer))
    if (isLate || (platform === 'linux' && (await hasFailed())))
      throw new GatewaySilentError(
        printHostPort(at),
        (platform === 'linux' && (await lastWords())) || reasonOf(answer),
        serviceLog(platform, process.env),
      )
    await sleep(PAUSE)
  }
}

/** Whether an interface has an address that is good beyond its link. */
export function hasNetwork(interfaces: ReturnType<typeof networkInterfaces>): boolean {
  return Object.values(interfaces).some(addresses =>
    addresses?.some(({ address }) => !/^(?:127\.|169\.254\.|::1$|fe80:)/.test(address)),
  )
}

function reasonOf(answer: Exclude<Probe, { kind: 'gateway' }>): string {
  return answer.kind === 'silence' ? answer.reason : 'another DNS server answers there'
}

/** Times that systemd starts the service again before it is taken for hopeless. */
const MAX_RESTARTS = 2

async function hasFailed(): Promise<boolean> {
  const { stdout } = await runCommand(['systemctl', 'show', '--property=ActiveState,NRestarts', SERVICE])
  const [, restarts = '0'] = /^NRestarts=(\d+)$/m.exec(stdout) ?? []
  return /^ActiveState=failed$/m.test(stdout) || Number(restarts) >= MAX_RESTARTS
}

/** What the service said last of itself. */
export async function lastWords(): Promise<string | undefined> {
  const { stdout } = await runCommand(['journalctl', '--unit', SERVICE, '--lines', '20', '--output', 'cat'])
  return stdout.split('\n').findLast(line => line.startsWith('signpost: '))
}
