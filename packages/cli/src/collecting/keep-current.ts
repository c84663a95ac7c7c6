import { setTimeout as sleep } from 'node:timers/promises'
import { type Zone, diffZones } from '@signpost/core'
import { SignpostError } from '@signpost/dns'
import { type Doubts, type Held, type Look, judge } from './judgement.ts'
import { LONGEST_GAP } from './limits.ts'

/** What was published last. */
export type Standing =
  | { readonly kind: 'none' | 'retired' }
  | {
      readonly kind: 'zone'
      readonly zone: Zone
      readonly sequence: number
      /** Milliseconds since the epoch. */
      readonly expiresAt: number
    }

/** A look, or why there is none. */
export type LookResult =
  | (Look & { readonly kind: 'look' })
  | { readonly kind: 'failed'; readonly reason: string }

/** What came of one round. */
export type Round =
  | { readonly kind: 'failed'; readonly reason: string }
  /** Its owner has ended the zone, which only its owner can undo. */
  | { readonly kind: 'retired' }
  /** There is nothing to publish and nothing stands. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'current' | 'published'; readonly sequence: number; readonly held: readonly Held[] }
  /** What ought to stand could not be published; the next round tries it again. */
  | { readonly kind: 'unpublished'; readonly error: unknown; readonly held: readonly Held[] }

/** A zone that is collected from elsewhere. */
export interface Collected {
  /** @param standing what was published last. Whatever it throws is a failed look. */
  look(standing: Zone | undefined): Promise<LookResult>
  standing(): Promise<Standing>
  /** @returns the sequence. */
  publish(content: Zone, options: { readonly isGreatLoss: boolean }): Promise<number>
  /** Hears of every round. */
  onRound(round: Round): void
}

export interface Keeping {
  /** Milliseconds. */
  readonly pace: number
  readonly patience: number
  /** Milliseconds for which a signature is made good. It is made again once half of them are over. */
  readonly validFor: number
  /** What the first look sees is meant. */
  readonly confirmed: boolean
  readonly signal: AbortSignal
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

/**
 * Keeps a zone as what it is collected from, until the signal aborts or its owner retires it: looks again and again, judges
 * what is seen, and publishes what is new.
 */
export async function keepCurrent(collected: Collected, keeping: Keeping): Promise<void> {
  const { pace, signal, wait = defaultWait } = keeping
  let { confirmed } = keeping
  let doubts: Doubts = new Map()
  while (!signal.aborted) {
    const { round, ...judged } = await runRound(collected, { ...keeping, confirmed }, doubts)
    if (signal.aborted) return
    doubts = judged.doubts
    collected.onRound(round)
    if (round.kind === 'retired') return
    // What the user has said is about what is seen first, not about what comes later.
    if (round.kind !== 'failed' && round.kind !== 'unpublished') confirmed = false
    await wait(pace, signal)
  }
}

async function runRound(
  collected: Collected,
  { pace, patience, validFor, confirmed, now = Date.now }: Keeping,
  doubts: Doubts,
): Promise<{ round: Round; doubts: Doubts }> {
  const standing = await orFailure(async () => collected.standing())
  if (standing.kind === 'failed') return { round: standing, doubts }
  if (standing.kind === 'retired' && !confirmed) return { round: { kind: 'retired' }, doubts }
  const before = standing.kind === 'zone' ? standing.zone : undefined
  const look = await orFailure(async () => collected.look(before))
  if (look.kind === 'failed') return { round: look, doubts }
  const judgement = judge(look, {
    standing: before,
    doubts,
    now: now(),
    patience,
    longestGap: Math.max(LONGEST_GAP, pace),
    confirmed,
  })
  const { content, held, isGreatLoss } = judgement
  const finish = (round: Round): { round: Round; doubts: Doubts } => ({ round, doubts: judgement.doubts })
  if (content === undefined) return finish({ kind: 'nothing' })
  if (standing.kind === 'zone' && diffZones(standing.zone, content).length === 0)
    if (standing.expiresAt - now() > validFor / 2)
      return finish({ kind: 'current', sequence: standing.sequence, held })
  try {
    return finish({ kind: 'published', sequence: await collected.publish(content, { isGreatLoss }), held })
  } catch (error) {
    return finish({ kind: 'unpublished', error, held })
  }
}

async function orFailure<T>(work: () => Promise<T>): Promise<T | { kind: 'failed'; reason: string }> {
  try {
    return await work()
  } catch (error) {
    // A bug is none of what can be waited out.
    if (!(error instanceof SignpostError) && !(error instanceof Error && 'code' in error)) throw error
    return { kind: 'failed', reason: error.message }
  }
}

async function defaultWait(milliseconds: number, signal: AbortSignal): Promise<void> {
  // Rejects when it is told to stop, which is the end of waiting as well.
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined)
}
