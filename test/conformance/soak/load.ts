import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { At } from '../servers.ts'

export interface LoadResult {
  readonly sent: number
  readonly lost: number
  /** Queries a second, over the whole time. */
  readonly rate: number
}

export interface LoadOptions {
  readonly at: At
  /** A file of names and types. */
  readonly file: string
  readonly seconds: number
  /** Queries a second; as many as are answered where absent. */
  readonly rate?: number
}

/** Queries that may wait for their answers at once. */
const OUTSTANDING = 200

/** Queries by dnsperf, on the machine's last core where it can be kept there. */
export async function load({ at, file, seconds, rate }: LoadOptions): Promise<LoadResult> {
  const options = ['-s', at.host, '-p', at.port, '-d', file, '-l', seconds, '-q', OUTSTANDING].map(String)
  const limit = rate === undefined ? [] : ['-Q', String(Math.floor(rate))]
  const command = [...pinned(1), 'dnsperf', ...options, ...limit]
  const [program = '', ...args] = command
  const dnsperf: ChildProcess = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(dnsperf, 'close')
  const said: string[] = []
  if (dnsperf.stdout !== null)
    for await (const line of createInterface({ input: dnsperf.stdout })) said.push(line)
  await ended
  const figure = (label: string): number => {
    const text = said.find(line => line.includes(label))?.split(':')[1]
    if (text === undefined) throw new Error(`dnsperf said: ${said.join('\n')}`)
    return Number.parseFloat(text)
  }
  return { sent: figure('Queries sent'), lost: figure('Queries lost'), rate: figure('Queries per second') }
}

/** Keeps a process, and all threads of it, on one core. */
export function pin(pid: number, core: number): void {
  spawnSync('taskset', ['-a', '-p', '-c', String(core), String(pid)], { stdio: 'ignore' })
}

function pinned(core: number): string[] {
  const isThere = spawnSync('taskset', ['-c', String(core), 'true'], { stdio: 'ignore' }).status === 0
  return isThere ? ['taskset', '-c', String(core)] : []
}

export function hasDnsperf(): boolean {
  return spawnSync('dnsperf', ['-h'], { stdio: 'ignore' }).error === undefined
}
