import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import type { Namespace } from '../namespace.ts'
import { kubo } from './binary.ts'

export interface Said {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

export type Config = { readonly [key: string]: Json }
type Json = string | number | boolean | null | readonly Json[] | Config

/**
 * A kubo daemon with a repository of its own. `ipfs init --profile=test` already listens on 127.0.0.1 alone, knows no
 * bootstrap peer, DNS resolver or delegated router, and keeps loopback addresses in its LAN's DHT.
 */
export class Kubo implements AsyncDisposable {
  /** A multiaddr with its peer ID. */
  readonly address: string
  private readonly directory: string
  private readonly daemon: ChildProcess
  private readonly doors: Server[] = []
  private readonly visitors = new Set<Socket>()

  private constructor(directory: string, daemon: ChildProcess, address: string) {
    this.directory = directory
    this.daemon = daemon
    this.address = address
  }

  static async start(namespace: Namespace, settings: Config = {}): Promise<Kubo> {
    const directory = await mkdtemp(join(tmpdir(), 'signpost-kubo-'))
    must(await run(directory, ['init', '--profile=test']))
    const file = join(directory, 'config')
    const config = JSON.parse(await readFile(file, 'utf8')) as Config
    await writeFile(file, JSON.stringify(merge(merge(config, quiet(directory)), settings)))
    const [program, ...args] = [...namespace.prefix, kubo, 'daemon']
    const daemon = spawn(program, args, { env: environment(directory), stdio: 'pipe' })
    await ready(daemon)
    const identity = JSON.parse(must(await run(directory, ['id'])).stdout.toString()) as {
      Addresses: string[]
    }
    return new Kubo(
      directory,
      daemon,
      identity.Addresses.find(address => address.includes('/tcp/')) as string,
    )
  }

  /** Runs a command against the daemon. */
  async ipfs(args: readonly string[], input?: Uint8Array): Promise<Said> {
    return run(this.directory, args, input)
  }

  /** The same for one that has to go well: what it said. */
  async ask(args: readonly string[], input?: Uint8Array): Promise<string> {
    return must(await this.ipfs(args, input))
      .stdout.toString()
      .trim()
  }

  /** The octets that it finds for a name, wherever they are. Undefined where it finds none. */
  async get(name: string): Promise<Buffer | undefined> {
    const { code, stdout } = await this.ipfs(['routing', 'get', `/ipns/${name}`])
    return code === 0 ? stdout : undefined
  }

  /** Makes it put a record of somebody else's. It says that it did also where it was refused. */
  async put(name: string, record: Uint8Array, ...flags: string[]): Promise<void> {
    await this.ask(['routing', 'put', ...flags, `/ipns/${name}`], record)
  }

  async connect(address: string): Promise<void> {
    await this.ask(['swarm', 'connect', address])
  }

  /** The base URL of its Delegated Routing V1 HTTP API for programs outside of its namespace. */
  async api(): Promise<string> {
    const gateway = join(this.directory, GATEWAY)
    const door = createServer(socket => {
      this.visitors.add(socket)
      // Either end may break off.
      pipeline(socket, connect(gateway), socket, () => this.visitors.delete(socket))
    })
    this.doors.push(door)
    door.listen(0, '127.0.0.1')
    await once(door, 'listening')
    return `http://127.0.0.1:${(door.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const door of this.doors) door.close()
    // A connection on which nothing was asked yet would keep it for five seconds.
    for (const visitor of this.visitors) visitor.destroy()
    const ended = once(this.daemon, 'close')
    if (this.daemon.kill('SIGTERM')) await ended
    await rm(this.directory, { recursive: true })
  }
}

const GATEWAY = 'gateway.sock'

/** What keeps it from doing more than a test asks for, and where it is asked. */
function quiet(directory: string): Config {
  return {
    Addresses: {
      API: `/unix${join(directory, 'api.sock')}`,
      Gateway: `/unix${join(directory, GATEWAY)}`,
    },
    Routing: { Type: 'dht' },
    Gateway: { ExposeRoutingAPI: true },
    // A follower over PubSub answers from the copy that was pushed to it, not from the DHT.
    Ipns: { UsePubsub: false },
    AutoNAT: { ServiceMode: 'disabled' },
    Swarm: { RelayClient: { Enabled: false }, RelayService: { Enabled: false }, EnableHolePunching: false },
    HTTPRetrieval: { Enabled: false },
    Version: { SwarmCheckEnabled: false },
    Plugins: { Plugins: { telemetry: { Config: { Mode: 'off' } } } },
  }
}

function merge(config: Config, changes: Config): Config {
  const merged: Record<string, Json> = { ...config }
  for (const [key, value] of Object.entries(changes)) {
    const before = merged[key]
    merged[key] = isObject(before) && isObject(value) ? merge(before, value) : value
  }
  return merged
}

function isObject(value: Json | undefined): value is Config {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function environment(directory: string): NodeJS.ProcessEnv {
  return { ...process.env, IPFS_PATH: directory, IPFS_TELEMETRY: 'off' }
}

async function run(directory: string, args: readonly string[], input?: Uint8Array): Promise<Said> {
  const child = spawn(kubo, args, { env: environment(directory), stdio: 'pipe' })
  // One that does not read its input to the end is no failure of ours.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [stdout, stderr, [code]] = await Promise.all([
    buffer(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ])
  return { code, stdout, stderr }
}

function must(said: Said): Said {
  if (said.code !== 0) throw new Error(`ipfs ended with ${said.code}: ${said.stderr}`)
  return said
}

async function ready(daemon: ChildProcess): Promise<void> {
  const said: string[] = []
  daemon.stderr?.setEncoding('utf8').on('data', (chunk: string) => said.push(chunk))
  const lines = createInterface({ input: daemon.stdout as NodeJS.ReadableStream })
  for await (const line of lines) {
    said.push(`${line}\n`)
    if (line.includes('Daemon is ready')) {
      // Its pipe must not fill up.
      daemon.stdout?.resume()
      return
    }
  }
  throw new Error(`the kubo daemon did not start:\n${said.join('')}`)
}
