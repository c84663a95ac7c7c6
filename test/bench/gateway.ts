import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Sandbox } from '../../packages/cli/src/signpost-process.test-support.ts'
import { type Row, printTable } from './measure.ts'

const NAMES = 300
const SECONDS = 3
const ROUNDS = 3

interface Server {
  readonly what: string
  readonly port: number
  readonly names: readonly string[]
}

/** Queries a second for cached names over UDP, server on one core and load on the other; next to unbound where it is. */
export async function benchGateway(): Promise<void> {
  if (!present('dnsperf', ['-h'])) {
    console.log(
      '\nGateway: left out, since the load comes from dnsperf, which is not here (apt-get install dnsperf)',
    )
    return
  }
  const work = mkdtempSync(join(tmpdir(), 'signpost-bench-'))
  try {
    await using gateway = await startGateway(work)
    await using unbound = await startUnbound(work)
    const servers = [gateway, ...(unbound === undefined ? [] : [unbound])]
    const runs = servers.map((): number[] => [])
    // The first round warms up and fills caches.
    for (let round = 0; round <= ROUNDS; round++)
      for (const [n, server] of servers.entries()) {
        const rate = load(server, join(work, `${n}.txt`))
        if (round > 0) runs[n]!.push(rate)
      }
    const rows = servers.map(
      ({ what }, n): Row => ({ what, unit: 'queries/s', runs: runs[n]!, better: 'higher' }),
    )
    printTable(`Gateway: ${NAMES} cached names over UDP, dnsperf for ${SECONDS} s a run`, rows)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

async function startGateway(work: string): Promise<Server & AsyncDisposable> {
  const sandbox = await Sandbox.create()
  try {
    const file = join(work, 'hosts.zone')
    const hosts = Array.from({ length: NAMES }, (_, n) => `h${n} A 192.0.2.${n % 256}`)
    writeFileSync(file, `$TTL 1h\n${hosts.join('\n')}\n`)
    const { ready } = await sandbox.daemon(['up', '--network', 'private:bench', '--dns', '127.0.0.1:0'])
    await sandbox.signpost(['key', 'new', 'bench'])
    // Alone in its network, so nobody acknowledges; the node that answers has it on disk.
    const args = ['publish', file, '--key', 'bench', '--ttl', '1h', '--min-acks', '0', '--json']
    const { stdout, stderr } = await sandbox.signpost(args)
    if (stdout === '') throw new Error(`publishing failed: ${stderr}`)
    const { zoneId } = JSON.parse(stdout)
    pin(ready.pid, 0)
    return {
      what: 'signpost gateway',
      port: Number((ready.dns[0] as string).split(':').at(-1)),
      names: hosts.map(host => `${host.split(' ')[0]}.${zoneId}.signpost.internal`),
      [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
    }
  } catch (error) {
    await sandbox[Symbol.asyncDispose]()
    throw error
  }
}

async function startUnbound(work: string): Promise<(Server & AsyncDisposable) | undefined> {
  if (!present('unbound', ['-V'])) return undefined
  const port = await freePort()
  const names = Array.from({ length: NAMES }, (_, n) => `h${n}.bench.test`)
  const file = join(work, 'unbound.conf')
  writeFileSync(
    file,
    [
      'server:',
      `  interface: 127.0.0.1@${port}`,
      `  directory: "${work}"`,
      '  username: ""',
      '  chroot: ""',
      '  pidfile: ""',
      '  do-daemonize: no',
      '  use-syslog: no',
      '  num-threads: 1',
      '  so-rcvbuf: 4m',
      '  module-config: "iterator"',
      '  local-zone: "bench.test." static',
      ...names.map((name, n) => `  local-data: "${name}. 3600 IN A 192.0.2.${n % 256}"`),
    ].join('\n'),
  )
  const child = spawn('unbound', ['-d', '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  child.stderr.setEncoding('utf8')
  for await (const text of child.stderr) if (String(text).includes('start of service')) break
  pin(child.pid as number, 0)
  return {
    what: 'unbound',
    port,
    names,
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}

function load({ port, names }: Server, file: string): number {
  writeFileSync(file, names.map(name => `${name} A\n`).join(''))
  const dnsperf = [
    'dnsperf',
    '-s',
    '127.0.0.1',
    '-p',
    String(port),
    '-d',
    file,
    '-l',
    String(SECONDS),
    '-q',
    '200',
  ]
  const command = present('taskset', ['-V']) ? ['taskset', '-c', '1', ...dnsperf] : dnsperf
  const { stdout } = spawnSync(command[0] as string, command.slice(1), { encoding: 'utf8' })
  const rate = /Queries per second:\s+([\d.]+)/.exec(stdout)?.[1]
  if (rate === undefined || !stdout.includes('NOERROR')) throw new Error(`dnsperf said: ${stdout}`)
  return Number(rate)
}

function pin(pid: number, core: number): void {
  spawnSync('taskset', ['-a', '-p', '-c', String(core), String(pid)], { stdio: 'ignore' })
}

function present(tool: string, args: readonly string[]): boolean {
  return spawnSync(tool, args, { stdio: 'ignore' }).error === undefined
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  await new Promise<void>(resolve => socket.close(() => resolve()))
  return port
}
