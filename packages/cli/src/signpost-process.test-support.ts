import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('bin.ts', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A directory for one test, and the `signpost` command in it: on loopback only, whatever the test says. */
export class Sandbox implements AsyncDisposable {
  readonly path: string
  private readonly prefix: readonly string[]
  private readonly daemons: ChildProcess[] = []

  private constructor(path: string, prefix: readonly string[]) {
    this.path = path
    this.prefix = prefix
  }

  /** @param prefix a program and arguments of it that stand before every command, as for a network namespace. */
  static async create(prefix: readonly string[] = []): Promise<Sandbox> {
    return new Sandbox(await mkdtemp(join(tmpdir(), 'signpost-cli-')), prefix)
  }

  get data(): string {
    return join(this.path, 'data')
  }

  /** Runs a command to its end. */
  async signpost(
    args: readonly string[],
    options: { env?: Record<string, string>; input?: string } = {},
  ): Promise<Ended> {
    const child = this.spawn(args, options.env)
    child.stdin?.end(options.input ?? '')
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, stdout: stdout.join(''), stderr: stderr.join('') }
  }

  /** Starts a command that runs on, and waits until it says that it is ready. */
  async daemon(args: readonly string[]): Promise<Daemon> {
    const child = this.spawn([...args, '--json'])
    this.daemons.push(child)
    const stderr = collect(child.stderr)
    const ended = once(child, 'close')
    const lines = createInterface({ input: child.stdout as Readable })
    const first = await Promise.race([once(lines, 'line') as Promise<[string]>, ended.then(() => undefined)])
    if (first === undefined) throw new Error(`signpost ${args.join(' ')} ended: ${stderr.join('')}`)
    return {
      ready: JSON.parse(first[0]) as Ready,
      signal: signal => {
        child.kill(signal)
      },
      end: async signal => {
        child.kill(signal)
        const [code] = (await ended) as [number | null]
        return { code, stdout: first[0], stderr: stderr.join('') }
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.daemons)
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL')
        await once(child, 'close')
      }
    await rm(this.path, { recursive: true })
  }

  spawn(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SIGNPOST_'))
    const command = [...this.prefix, process.execPath, '--conditions=@signpost/source', BIN, ...args]
    const [program = '', ...rest] = command
    return spawn(program, rest, {
      cwd: this.path,
      env: {
        ...Object.fromEntries(inherited),
        NO_COLOR: '1',
        SIGNPOST_NO_PUBLIC_NETWORK: '1',
        SIGNPOST_DATA: this.data,
        SIGNPOST_LISTEN: '/ip4/127.0.0.1/tcp/0',
        SIGNPOST_DNS: '127.0.0.1:0',
        ...env,
      },
      stdio: 'pipe',
    })
  }
}

export interface Ready {
  readonly ready: true
  readonly pid: number
  readonly addresses: readonly string[]
  /** Of one that was told to serve it. */
  readonly http?: string
  readonly dns: readonly string[]
  /** Of one that was told to serve them. */
  readonly metrics?: string
  readonly socket: string
}

export interface Daemon {
  readonly ready: Ready
  /** Sends a signal that it outlives. */
  readonly signal: (signal: 'SIGSTOP' | 'SIGCONT' | 'SIGHUP') => void
  readonly end: (signal: NodeJS.Signals) => Promise<Ended>
}

function collect(stream: ChildProcess['stdout']): string[] {
  const chunks: string[] = []
  stream?.setEncoding('utf8')
  stream?.on('data', (chunk: string) => chunks.push(chunk))
  return chunks
}
