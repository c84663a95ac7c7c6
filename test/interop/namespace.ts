import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** Why there can be no network namespace here, for those who wonder what was not tested. */
export function namespaceProblem(): string | undefined {
  const { status } = spawnSync('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up'], { stdio: 'ignore' })
  return status === 0 ? undefined : 'network namespaces need root, unshare and iproute2'
}

/**
 * A network namespace with nothing but a loopback of its own. Programs in it reach each other on 127.0.0.1 and nobody
 * else, whatever their configuration says. Files, and so Unix sockets, are the same inside and outside.
 */
export class Namespace implements AsyncDisposable {
  /** Stands before a program and its arguments that shall run in here. */
  readonly prefix: readonly string[]
  private readonly keeper: ChildProcess

  private constructor(keeper: ChildProcess) {
    this.keeper = keeper
    this.prefix = ['nsenter', `--net=/proc/${keeper.pid}/ns/net`]
  }

  static async create(): Promise<Namespace> {
    // Ends with its input, and so with the test.
    const keeper = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up && echo up && exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const [line] = await once(createInterface({ input: keeper.stdout }), 'line')
    if (line !== 'up') throw new Error(`there is no network namespace: ${line}`)
    return new Namespace(keeper)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.keeper, 'close')
    this.keeper.stdin?.end()
    await ended
  }
}
