import { type ChildProcess, fork } from 'node:child_process'
import { type Socket, createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { GatewayStats } from '../../packages/gateway/src/index.ts'
import { Rcode, createQuery, decodeMessage, encodeMessage, parseName } from '@signpost/dns'
import { afterAll, beforeAll, expect, test } from 'vitest'

const SECONDS = 20
/** Questions a second of the flood: what two busy cores still send and take without losing packets in the kernel. */
const FLOOD = 3000
/** How often a client asks before it gives up. */
const TRIES = 3
const KNOWN = Array.from({ length: 20 }, (_, n) => `known${n}.example.net`)

const children: ChildProcess[] = []
let upstream: Socket
let gateway: ChildProcess
let port: number
/** Nobody but the gateway's cache knows them any more. */
let areKnownLost = false

function start(program: string, ...args: number[]): ChildProcess {
  const child = fork(join(import.meta.dirname, program), args.map(String), {
    execArgv: ['--conditions=@signpost/source', '--expose-gc'],
  })
  children.push(child)
  return child
}

async function heard<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`a process ended with ${code}`)
  })
  const [message] = await Promise.race([once(child, 'message'), ended])
  return message as T
}

beforeAll(async () => {
  upstream = createSocket('udp4')
  upstream.on('message', (packet, { port: to, address }) => {
    const query = decodeMessage(packet)
    const [question] = query.questions
    // The servers of the victim are down under the flood, as they mostly are.
    const name = question?.name.toString().toLowerCase() ?? ''
    if (question === undefined || /(victim|slow)\.example\.$/.test(name)) return
    if (areKnownLost && name.startsWith('known')) return
    const rdata = { kind: 'A', address: Uint8Array.of(192, 0, 2, 1) } as const
    const answers = [{ name: question.name, type: 1, class: 1, ttl: 3600, rdata }]
    upstream.send(encodeMessage({ ...query, response: true, recursionAvailable: true, answers }), to, address)
  })
  upstream.bind(0, '127.0.0.1')
  await once(upstream, 'listening')
  gateway = start('flood-gateway.ts', upstream.address().port)
  port = (await heard<{ port: number }>(gateway)).port
})

afterAll(async () => {
  for (const child of children.filter(({ exitCode }) => exitCode === null)) {
    child.disconnect()
    await once(child, 'exit')
  }
  upstream.close()
})

/**
 * Milliseconds for which the gateway and this process could have run and had no processor. On a machine that does much
 * else at the same time, that is most of what a client waits for, and none of it is the gateway's doing.
 */
function withoutProcessor(): number {
  return [gateway.pid, process.pid].reduce<number>((sum, pid) => sum + waitedToRun(pid), 0)
}

/** See proc_pid_schedstat(5): time on a processor, time spent waiting for one, both in nanoseconds. */
function waitedToRun(pid: number | undefined): number {
  const [, waited] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')
  return Number(waited) / 1e6
}

/** A client that waits for each of its answers. */
class Client {
  readonly took: number[] = []
  readonly failures: string[] = []
  private readonly socket: Socket
  private readonly waiting = new Map<number, (packet: Uint8Array) => void>()
  private next = 0

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('message', packet => {
      this.waiting.get(packet.readUInt16BE(0))?.(packet)
    })
  }

  static async at(address: string): Promise<Client> {
    const socket = createSocket('udp4')
    socket.bind(0, address)
    await once(socket, 'listening')
    return new Client(socket)
  }

  async ask(text: string): Promise<void> {
    const id = this.next++ & 0xffff
    const asked = performance.now() - withoutProcessor()
    const query = encodeMessage(createQuery({ name: parseName(text), type: 1, class: 1 }, { id }))
    const reply = new Promise<Uint8Array>(resolve => {
      this.waiting.set(id, resolve)
    })
    let packet: Uint8Array | undefined
    // As stub resolvers do: the kernel may lose a datagram on a busy machine.
    for (let tries = 0; tries < TRIES && packet === undefined; tries++) {
      this.socket.send(query, port, '127.0.0.1')
      packet = await Promise.race([reply, pause(2000, undefined, { ref: false })])
    }
    this.waiting.delete(id)
    if (packet === undefined) {
      this.failures.push(`${text}: silence`)
      return
    }
    this.took.push(performance.now() - withoutProcessor() - asked)
    const { rcode, truncated, answers } = decodeMessage(packet)
    if (rcode !== Rcode.NOERROR || answers.length !== 1) this.failures.push(`${text}: ${rcode} ${truncated}`)
  }

  /** The time within which so many of a hundred had their answer. */
  within(percent: number): number {
    const sorted = this.took.toSorted((a, b) => a - b)
    return sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? Infinity
  }

  print(): string {
    return [50, 95, 99].map(percent => `p${percent} ${this.within(percent).toFixed(1)} ms`).join(', ')
  }

  close(): void {
    this.socket.close()
  }
}

interface Sample {
  readonly stats: GatewayStats
  readonly memory: NodeJS.MemoryUsage
}

async function sample(): Promise<Sample> {
  const next = heard<Sample>(gateway)
  gateway.send('sample')
  return next
}

const mebibytes = (octets: number): number => Math.round(octets / 2 ** 20)

test('under a flood of made-up names, known names are answered, new ones of others too, and memory stays flat', async () => {
  const cached = await Client.at('127.0.0.2')
  const curious = await Client.at('127.0.0.3')
  for (const name of KNOWN) await cached.ask(name)
  areKnownLost = true
  await heard(start('flood-clients.ts', port, FLOOD))

  const pending: Promise<void>[] = []
  const askFor = async (seconds: number): Promise<Sample> => {
    const end = performance.now() + seconds * 1000
    while (performance.now() < end) {
      const n = pending.length
      pending.push(cached.ask(KNOWN[n % KNOWN.length] as string))
      if (n % 2 === 0) pending.push(curious.ask(`www.fresh${n}.example`))
      await pause(20)
    }
    return sample()
  }
  const early = await askFor(SECONDS / 4)
  const late = await askFor((SECONDS * 3) / 4)
  await Promise.all(pending)
  for (const client of [cached, curious]) client.close()

  const { limited, packets } = late.stats
  console.log(cached.failures.slice(0, 5), curious.failures.slice(0, 20))
  console.log(
    `${packets.udp} queries; known: ${cached.print()}; new: ${curious.print()}; heap ` +
      `${mebibytes(early.memory.heapUsed)}, then ${mebibytes(late.memory.heapUsed)} MiB of ${mebibytes(late.memory.rss)};`,
    limited,
  )
  expect(packets.udp).toBeGreaterThan(FLOOD)
  expect(cached.failures).toEqual([])
  expect(curious.failures).toEqual([])
  expect(limited['lookup-rate']).toBeGreaterThan(0)
  expect(limited['client-share']).toBeGreaterThan(0)
  expect(limited['domain-share']).toBeGreaterThan(0)
  expect(mebibytes(late.memory.heapUsed - early.memory.heapUsed)).toBeLessThan(5)
  expect(mebibytes(late.memory.rss)).toBeLessThan(400)
})
