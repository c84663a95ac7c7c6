import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DrillError } from '../errors.ts'
import { type Child, type Children, nodeCommand } from './children.ts'

/** What a command that runs on says once it is ready. */
export interface Ready {
  readonly addresses: readonly string[]
  readonly dns?: readonly string[]
}

/** One installation of signpost in a directory of its own, on loopback, whatever the environment says. */
export class Signpost {
  readonly directory: string
  private readonly children: Children
  private running: Child | undefined

  constructor(children: Children, directory: string) {
    this.children = children
    this.directory = directory
  }

  /** Runs a command to its end. */
  async run(...args: readonly string[]): Promise<string> {
    return this.children.run([...COMMAND, ...args], { env: this.environment() })
  }

  /** The same with its data as JSON. */
  async json<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.run(...args, '--json')) as T
  }

  /** Writes a file to its directory. @returns its path. */
  async file(name: string, text: string): Promise<string> {
    await mkdir(this.directory, { recursive: true })
    const path = join(this.directory, name)
    await writeFile(path, text)
    return path
  }

  /** Starts a command that runs on, and waits until it is ready. @throws DrillError */
  async start(...args: readonly string[]): Promise<Ready> {
    const { promise, resolve, reject } = Promise.withResolvers<Ready>()
    this.running = this.children.start([...COMMAND, ...args, '--json', '--log-level', 'warn'], {
      env: this.environment(),
      onLine: line => resolve(JSON.parse(line) as Ready),
      onEnd: (_code, errors) => reject(new DrillError(`signpost ${args.join(' ')} ended: ${errors.trim()}`)),
    })
    return promise
  }

  signal(name: NodeJS.Signals): void {
    this.running?.signal(name)
  }

  /** Ends it with SIGKILL. */
  async kill(): Promise<void> {
    await this.running?.kill()
  }

  private environment(): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SIGNPOST_'))
    return {
      ...Object.fromEntries(inherited),
      NO_COLOR: '1',
      SIGNPOST_NO_PUBLIC_NETWORK: '1',
      SIGNPOST_DATA: join(this.directory, 'data'),
      SIGNPOST_LISTEN: '/ip4/127.0.0.1/tcp/0',
    }
  }
}

const COMMAND = nodeCommand('bin')
