import { MAX_NAME_LENGTH, type Message, type Name, RrClass, parseName } from '@signpost/dns'
import type { Logger } from '@signpost/node'
import type { Limits } from '../limits.ts'
import { monotonicNow } from './monotonic.ts'
import { type Upstream, printUpstream } from './upstream.ts'

/** The type of probes: hardly anybody asks for it, so that it tells most questions from them at a glance. */
export const PROBE_TYPE = 13
/** Below no domain that anybody answers by itself (RFC 6761): other forwarders on the way shall pass it on. */
const PROBE_LABEL = 'signpost-loop-check'
/** How many times as long as the first pause the longest one is. */
const LONGEST_PAUSE = 64

/** An upstream, and the domain for whose names it is asked. */
export interface Place {
  readonly upstream: Upstream
  readonly domain: Name
}

export interface LoopGuardParts {
  /** Sends a probe; whether any reply came. Never rejects. */
  readonly send: (upstream: Upstream, probe: Name) => Promise<boolean>
  /** A label that nobody can guess. */
  readonly token: () => string
  readonly limits: Pick<Limits, 'upstreamProbe'>
  readonly logger: Logger | undefined
}

interface Watched extends Place {
  /** The key of the name that was sent last. */
  probe: string
  seen: boolean
  isLoop: boolean
  failures: number
  probedAt: number
  timer: NodeJS.Timeout | undefined
}

/**
 * Finds upstreams that send questions back to this gateway, straight or through others: each gets a question of its own
 * that nobody else asks, and whoever passes that on so that it comes in here is a loop. Where no reply comes, and where
 * there is a loop, the question is sent again after a while.
 */
export class LoopGuard {
  private readonly parts: LoopGuardParts
  private readonly watched = new Map<string, Watched>()
  private readonly byProbe = new Map<string, Watched>()
  private closed = false

  constructor(parts: LoopGuardParts) {
    this.parts = parts
  }

  /** From now on these are in use, and no others. */
  watch(places: readonly Place[]): void {
    const keys = new Set(places.map(keyOf))
    for (const [key, watched] of this.watched) if (!keys.has(key)) this.forget(key, watched)
    for (const place of places) if (!this.watched.has(keyOf(place)) && !this.closed) this.begin(place)
  }

  /** Whether a question of {@link PROBE_TYPE} is a probe of this gateway. */
  isOwnProbe(name: Name): boolean {
    const watched = this.byProbe.get(name.key)
    if (watched === undefined) return false
    watched.seen = true
    if (!watched.isLoop) {
      watched.isLoop = true
      this.parts.logger?.error(
        'an upstream asks this gateway itself, so it is not used; take one of them out of the other, or name another upstream',
        fieldsOf(watched),
      )
    }
    return true
  }

  isLoop(place: Place): boolean {
    return this.watched.get(keyOf(place))?.isLoop === true
  }

  /** No upstream had an answer: perhaps there is a loop that was not there before. */
  suspect(place: Place): void {
    const watched = this.watched.get(keyOf(place))
    if (watched === undefined || watched.timer !== undefined) return
    if (monotonicNow() - watched.probedAt >= this.longestPause) void this.probe(watched)
  }

  close(): void {
    this.closed = true
    for (const { timer } of this.watched.values()) clearTimeout(timer)
  }

  private begin(place: Place): void {
    const watched: Watched = {
      ...place,
      probe: '',
      seen: false,
      isLoop: false,
      failures: 0,
      probedAt: 0,
      timer: undefined,
    }
    this.watched.set(keyOf(place), watched)
    void this.probe(watched)
  }

  private forget(key: string, watched: Watched): void {
    clearTimeout(watched.timer)
    this.watched.delete(key)
    this.byProbe.delete(watched.probe)
  }

  private async probe(watched: Watched): Promise<void> {
    const { send, token, logger } = this.parts
    const probe = probeName(token(), watched.domain)
    this.byProbe.delete(watched.probe)
    watched.probe = probe.key
    watched.seen = false
    watched.probedAt = monotonicNow()
    this.byProbe.set(probe.key, watched)
    const isAnswered = await send(watched.upstream, probe)
    if (this.closed || this.watched.get(keyOf(watched)) !== watched) return
    watched.timer = undefined
    if (watched.seen) return this.probeLater(watched, this.longestPause)
    if (!isAnswered) return this.probeLater(watched, this.pauseAfter(watched.failures++))
    watched.failures = 0
    if (!watched.isLoop) return
    watched.isLoop = false
    logger?.info('an upstream does not ask this gateway any more, so it is used', fieldsOf(watched))
  }

  private probeLater(watched: Watched, pause: number): void {
    watched.timer = setTimeout(() => {
      void this.probe(watched)
    }, pause)
  }

  private pauseAfter(failures: number): number {
    return Math.min(this.parts.limits.upstreamProbe * 2 ** Math.min(failures, 30), this.longestPause)
  }

  private get longestPause(): number {
    return this.parts.limits.upstreamProbe * LONGEST_PAUSE
  }
}

/** Labels of the domain are left out where there is no room for them. */
function probeName(token: string, domain: Name): Name {
  const label = `${token}.${PROBE_LABEL}`
  return label.length + 1 + domain.wire.length > MAX_NAME_LENGTH
    ? probeName(token, domain.parent)
    : parseName(label, domain)
}

function keyOf({ upstream, domain }: Place): string {
  return `${domain.key} ${printUpstream(upstream)}`
}

function fieldsOf({ upstream, domain }: Place): Record<string, string> {
  return { upstream: printUpstream(upstream), ...(domain.isRoot ? {} : { domain: domain.toString() }) }
}

/** The question that a probe is. */
export function probeQuestion(name: Name): Message['questions'][number] {
  return { name, type: PROBE_TYPE, class: RrClass.IN }
}
