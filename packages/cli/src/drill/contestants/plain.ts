import { Path } from '../provider/path.ts'
import type { Contestant, Entry, Stage } from './contestant.ts'
import { Unbound, unboundHere } from './unbound.ts'

/** (a) What most machines have: a cache that believes what it is told, for as long as it is told. */
export const plain: Entry = {
  id: 'plain',
  title: 'plain DNS',
  about: 'an ordinary resolver that caches answers for their TTL',
  promises: false,
  joins: 'at-once',
  detail: () => unboundHere() ?? 'no resolver in between',
  absence: () => undefined,
  create: stage => (unboundHere() === undefined ? new Straight(stage) : new Unbound(stage, [])),
}

/** Where no resolver is installed, questions go straight to the provider's servers. */
class Straight implements Contestant {
  private readonly stage: Stage
  private path: Path | undefined

  constructor(stage: Stage) {
    this.stage = stage
  }

  async start(): Promise<void> {
    this.path = new Path(this.stage.upstream)
    await this.path.open(this.stage.dns)
  }

  async kill(): Promise<void> {
    await this.path?.[Symbol.asyncDispose]()
    this.path = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}
