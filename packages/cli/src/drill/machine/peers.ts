import { join } from 'node:path'
import type { Children } from './children.ts'
import { type Ready, Signpost } from './signpost.ts'

/** Peers of which all others hear at first. */
const BOOTSTRAPS = 2

/** A network of nodes on loopback, each a process. */
export class Peers {
  readonly count: number
  /** What lets a command join. */
  readonly join: readonly string[]
  private readonly nodes: readonly Signpost[]

  private constructor(nodes: readonly Signpost[], join: readonly string[]) {
    this.nodes = nodes
    this.count = nodes.length
    this.join = join
  }

  static async start(children: Children, directory: string, count: number, name: string): Promise<Peers> {
    const network = ['--network', `private:${name}`, '--no-mdns']
    const nodes = Array.from(
      { length: count },
      (_, at) => new Signpost(children, join(directory, `peer-${at}`)),
    )
    const [first, ...others] = nodes
    const ready: Ready[] = first === undefined ? [] : [await first.start('node', ...network)]
    const toFirst = ready.flatMap(({ addresses }) => ['--bootstrap', addresses[0] as string])
    ready.push(...(await Promise.all(others.map(async node => node.start('node', ...network, ...toFirst)))))
    const bootstraps = ready.slice(0, BOOTSTRAPS).map(({ addresses }) => addresses[0] as string)
    return new Peers(nodes, [...network, ...bootstraps.flatMap(address => ['--bootstrap', address])])
  }

  /** Freezes a third of them, as machines are that hang: their connections stay, and nothing comes. @returns how many. */
  freezeThird(): number {
    // The last ones, so that those that everybody was told of are among the living; what hangs then is what is asked.
    const frozen = this.nodes.slice(this.nodes.length - Math.ceil(this.nodes.length / 3))
    for (const node of frozen) node.signal('SIGSTOP')
    return frozen.length
  }

  thaw(): void {
    for (const node of this.nodes) node.signal('SIGCONT')
  }
}
