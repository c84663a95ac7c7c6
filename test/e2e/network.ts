import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Daemon } from '../../packages/cli/src/signpost-process.test-support.ts'
import { Sandbox } from '../../packages/cli/src/signpost-process.test-support.ts'

export const examples: string = join(import.meta.dirname, '../../examples')

export function exampleText(file: string): string {
  return readFileSync(join(examples, file), 'utf8')
}

const NETWORK = 'private:e2e'

/** Processes as a small network has them: nodes that hold records, a publisher, a gateway; each in its own directory. */
export class ProcessNetwork implements AsyncDisposable {
  readonly nodes: readonly Daemon[]
  private readonly sandboxes: Sandbox[]
  private readonly join: string[]

  private constructor(nodes: readonly Daemon[], sandboxes: Sandbox[]) {
    this.nodes = nodes
    this.sandboxes = sandboxes
    this.join = [
      '--network',
      NETWORK,
      ...nodes.flatMap(node => ['--bootstrap', node.ready.addresses[0] as string]),
    ]
  }

  static async start(count: number): Promise<ProcessNetwork> {
    const sandboxes: Sandbox[] = []
    const nodes: Daemon[] = []
    try {
      for (let n = 0; n < count; n++) {
        const sandbox = await Sandbox.create()
        sandboxes.push(sandbox)
        const bootstrap = nodes.flatMap(node => ['--bootstrap', node.ready.addresses[0] as string])
        nodes.push(await sandbox.daemon(['node', '--network', NETWORK, ...bootstrap]))
      }
      return new ProcessNetwork(nodes, sandboxes)
    } catch (error) {
      for (const sandbox of sandboxes) await sandbox[Symbol.asyncDispose]()
      throw error
    }
  }

  /** A directory of its own, with the arguments that let a command join the network. */
  async member(): Promise<{ sandbox: Sandbox; join: readonly string[] }> {
    const sandbox = await Sandbox.create()
    this.sandboxes.push(sandbox)
    return { sandbox, join: this.join }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const sandbox of this.sandboxes) await sandbox[Symbol.asyncDispose]()
  }
}
