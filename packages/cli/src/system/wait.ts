import { setTimeout as sleep } from 'node:timers/promises'
import { InterruptedError } from '../errors.ts'
import { printHostPort } from '../values/host-port.ts'
import type { WaitChange } from './change.ts'
import { runCommand } from './effects/commands.ts'
import { GatewaySilentError } from './errors.ts'
import { serviceLog } from './paths.ts'
import { type Probe, probe } from './probe.ts'
import { SERVICE } from './service/systemd.ts'

/** Milliseconds for the service to start: a node opens its store first. */
const START_WAIT = 30_000
/** Milliseconds between two looks. */
const PAUSE = 200

/**
 * Resolves when the gateway answers.
 * @throws GatewaySilentError where it does not in time, or the service has given up.
 */
export async function untilAnswered(
  { at, suffix }: WaitChange,
  platform: NodeJS.Platform,
  stop: AbortSignal,
): Promise<void> {
  const end = performance.now() + START_WAIT
  for (;;) {
    if (stop.aborted) throw new InterruptedError()
    const answer = await probe(at, suffix)
    if (answer.kind === 'gateway') return
    if (performance.now() > end || (platform === 'linux' && (await hasFailed())))
      throw new GatewaySilentError(
        printHostPort(at),
        (platform === 'linux' && (await lastWords())) || reasonOf(answer),
        serviceLog(platform, process.env),
      )
    await sleep(PAUSE)
  }
}

function reasonOf(answer: Exclude<Probe, { kind: 'gateway' }>): string {
  return answer.kind === 'silence' ? answer.reason : 'another DNS server answers there'
}

async function hasFailed(): Promise<boolean> {
  return (await runCommand(['systemctl', 'is-failed', '--quiet', SERVICE])).ok
}

/** What the service said last of itself. */
export async function lastWords(): Promise<string | undefined> {
  const { stdout } = await runCommand(['journalctl', '--unit', SERVICE, '--lines', '20', '--output', 'cat'])
  return stdout.split('\n').findLast(line => line.startsWith('signpost: '))
}
