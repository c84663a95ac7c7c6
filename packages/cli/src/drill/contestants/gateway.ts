import { LIMITS } from '@signpost/gateway'
import { printHostPort } from '../../values/host-port.ts'
import { Signpost } from '../machine/signpost.ts'
import type { Contestant, Stage } from './contestant.ts'

export interface GatewayWish {
  /** Names that are guarded. */
  readonly guard: readonly string[]
  /** Whether owners' pins are learned. */
  readonly pins: boolean
  /** Commands before the first start, each as its words. */
  readonly before?: readonly (readonly string[])[]
}

/** A Signpost gateway with a node, `signpost up`, as a user has it. */
export class GatewayContestant implements Contestant {
  private readonly stage: Stage
  private readonly wish: GatewayWish
  private readonly signpost: Signpost
  private isNew = true

  constructor(stage: Stage, wish: GatewayWish) {
    this.stage = stage
    this.wish = wish
    this.signpost = new Signpost(stage.children, stage.directory)
  }

  async start(): Promise<void> {
    const { dns, upstream, join } = this.stage
    const config = await this.signpost.file('signpost.toml', gatewayConfig(this.wish))
    if (this.isNew) for (const words of this.wish.before ?? []) await this.signpost.run(...words)
    this.isNew = false
    const at = ['--dns', printHostPort(dns), '--upstream', printHostPort(upstream)]
    await this.signpost.start('up', ...at, ...join, '--config', config)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  async kill(): Promise<void> {
    await this.signpost.kill()
  }
}

/** A setting that the drill has other than a user would leave it, and what it is usually. */
export interface Shortened {
  readonly limit: string
  readonly here: string
  readonly usual: string
}

/** Seconds after which a guard trusts a record that it saw first: the drill has no ten minutes. */
const GUARD_PROOF = 3

export const SHORTENED: readonly Shortened[] = [
  { limit: 'guard-proof', here: `${GUARD_PROOF} s`, usual: `${LIMITS.guardProof.default / 60} min` },
]

export function gatewayConfig({ guard }: Pick<GatewayWish, 'guard' | 'pins'>): string {
  return `[gateway]
hosts = false
guard = ${JSON.stringify(guard)}
# The service of the drill is on loopback addresses, where no ordinary name may lead.
rebinding = { protect = false }

[gateway.limits]
guard-proof = ${GUARD_PROOF}
`
}
