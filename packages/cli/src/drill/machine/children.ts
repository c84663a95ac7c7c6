import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { DrillError } from '../errors.ts'

/** A process that the drill started. */
export interface Child extends AsyncDisposable {
  readonly pid: number
  readonly isRunning: boolean
  write(line: string): void
  /** Tells it and all that it started, or it alone. */
  signal(name: NodeJS.Signals, whom?: 'all' | 'alone'): void
  /** Ends it as a crash of the machine would, and waits until it is gone. */
  kill(): Promise<void>
}

export interface ChildOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** Hears what it prints, a line each. */
  readonly onLine?: (line: string) => void
  /** Octets of its standard error that are kept, for when it fails. */
  readonly onEnd?: (code: number | null, errors: string) => void
}

/** Characters of a child's standard error that are kept, the last ones. */
const ERRORS_KEPT = 4000
/** Milliseconds that a child has to end in order. */
const GRACE = 3000

/** Every process that the drill started, so that none is left when it ends, and not either when it is killed. */
export class Children implements AsyncDisposable {
  private readonly running = new Set<StartedChild>()
  private readonly watchdog: StartedChild = new StartedChild(
    [...nodeCommand('drill/machine/watchdog'), '{}'],
    {},
    () => {},
  )

  private isOver = false

  /** @param stop ends all of them at once. */
  constructor(stop: AbortSignal) {
    stop.addEventListener('abort', () => void this.end())
  }

  /** @throws DrillError once they have been ended. */
  start(command: readonly string[], options: ChildOptions = {}): Child {
    if (this.isOver) throw new DrillError('the drill is over')
    const child = new StartedChild(command, options, () => {
      this.running.delete(child)
      this.watchdog.write(`- ${child.pid}`)
    })
    this.running.add(child)
    this.watchdog.write(`+ ${child.pid}`)
    return child
  }

  /** Runs a script that lies beside the drill's own. @param prefix a program and arguments that stand before it. */
  startScript(
    script: string,
    settings: object,
    { prefix = [], ...options }: ChildOptions & { readonly prefix?: readonly string[] } = {},
  ): Child {
    return this.start([...prefix, ...nodeCommand(script), JSON.stringify(settings)], options)
  }

  /** Runs a command to its end and returns what it printed. @throws DrillError where it failed. */
  async run(command: readonly string[], options: Pick<ChildOptions, 'env' | 'cwd'> = {}): Promise<string> {
    const lines: string[] = []
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    this.start(command, {
      ...options,
      onLine: line => lines.push(line),
      onEnd: (code, errors) => {
        if (code === 0) resolve(lines.join('\n'))
        else reject(new DrillError(`${command.join(' ')} failed: ${errors.trim()}`))
      },
    })
    return promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }

  private async end(): Promise<void> {
    this.isOver = true
    await Promise.all([...this.running].map(async child => child[Symbol.asyncDispose]()))
    await this.watchdog[Symbol.asyncDispose]()
  }
}

/** Node as it runs here, with a script of this package: `drill/station/station`, say. */
export function nodeCommand(script: string): string[] {
  const file = fileURLToPath(new URL(`../../${script}${extname(import.meta.url)}`, import.meta.url))
  return [process.execPath, ...process.execArgv, file]
}

class StartedChild implements Child {
  private readonly process: ChildProcess
  private readonly ended: Promise<unknown>
  private errors = ''

  constructor([program = '', ...args]: readonly string[], options: ChildOptions, onGone: () => void) {
    const { env, cwd, onLine, onEnd } = options
    const stdio: StdioOptions = ['pipe', onLine === undefined ? 'ignore' : 'pipe', 'pipe']
    // A group of its own: Ctrl-C in the terminal is the drill's, which then stops everything in order.
    this.process = spawn(program, args, { env: env ?? process.env, cwd, stdio, detached: true })
    this.process.on('error', error => {
      this.errors += error.message
    })
    this.ended = once(this.process, 'close').catch(() => undefined)
    this.process.stdin?.on('error', () => {})
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors = (this.errors + text).slice(-ERRORS_KEPT)
    })
    if (this.process.stdout !== null && onLine !== undefined)
      createInterface({ input: this.process.stdout }).on('line', onLine)
    this.process.on('close', code => {
      onGone()
      onEnd?.(code, this.errors)
    })
  }

  get pid(): number {
    return this.process.pid ?? 0
  }

  get isRunning(): boolean {
    return (
      this.process.pid !== undefined && this.process.exitCode === null && this.process.signalCode === null
    )
  }

  write(line: string): void {
    this.process.stdin?.write(`${line}\n`)
  }

  signal(name: NodeJS.Signals, whom: 'all' | 'alone' = 'all'): void {
    if (this.isRunning) process.kill(whom === 'all' ? -this.pid : this.pid, name)
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.isRunning) return
    // One that is frozen has to wake up to end.
    this.signal('SIGCONT')
    this.signal('SIGTERM')
    const timer = setTimeout(() => this.signal('SIGKILL'), GRACE)
    await this.ended
    clearTimeout(timer)
  }
}
