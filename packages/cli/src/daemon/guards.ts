import type { DoubtReport } from '@signpost/gateway'
import { UsageError } from '../errors.ts'
import { isGuardPattern } from '../guards/guard-pattern.ts'
import type { GuardBook } from '../guards/guard-store.ts'
import { fieldsOf, listOf, readNumber } from './codec.ts'
import type { DaemonClient } from './daemon-client.ts'
import { DaemonProtocolError } from './errors.ts'
import type { Listeners } from './listeners.ts'
import type { Route, Routes } from './server.ts'
import type { Json } from './transport.ts'

/** What gateways hear of guards: that the patterns have changed, or what the user accepts. */
export type GuardChange = { readonly kind: 'patterns' } | { readonly kind: 'accepted'; readonly name: string }

/** The guard of a gateway in the daemon's process. */
export interface GuardedGateway {
  /** All patterns, those of the configuration too. */
  readonly guards: () => readonly string[]
  readonly doubts: () => readonly DoubtReport[]
  /** Says how many doubts that ended. */
  readonly accept: (name: string) => number
  /** Resolves once patterns that have changed count. */
  readonly readGuards: () => Promise<void>
}

/** What guards there are, and what they say. */
export interface Guards {
  readonly patterns: readonly string[]
  readonly doubts: readonly DoubtReport[]
}

/**
 * The calls about guards.
 * @param own the gateway of this process, where it has one.
 */
export function guardRoutes(
  book: GuardBook,
  news: Listeners<GuardChange>,
  own: GuardedGateway | undefined,
): Routes {
  const changed = async (): Promise<void> => {
    await own?.readGuards()
    news.tell({ kind: 'patterns' })
  }
  return new Map<string, Route>([
    [
      'guards',
      async () => ({
        patterns: [...new Set([...(own?.guards() ?? []), ...(await book.list())])].toSorted(),
        doubts: writeDoubts(own?.doubts() ?? []),
      }),
    ],
    ['guardPatterns', async () => [...(await book.list())]],
    [
      'addGuard',
      async body => {
        const pattern = readPattern(body)
        const isNew = await book.add(pattern)
        if (!isNew) return false
        await changed().catch(async (error: unknown) => {
          // What the gateway cannot guard is not to keep it from starting.
          await book.remove(pattern)
          throw error
        })
        return true
      },
    ],
    [
      'removeGuard',
      async body => {
        const wasThere = await book.remove(readPattern(body))
        if (wasThere) await changed()
        return wasThere
      },
    ],
    [
      'acceptGuard',
      async body => {
        const { name } = fieldsOf(body)
        if (typeof name !== 'string') throw new DaemonProtocolError('a name was expected')
        const others = news.tell({ kind: 'accepted', name })
        if (own === undefined && others === 0)
          throw new UsageError(
            'no gateway runs here: this daemon is a node alone; start one: signpost gateway',
          )
        return { ended: own?.accept(name) ?? null, others }
      },
    ],
  ])
}

/** The patterns of a running daemon's user. */
export function guardBookOf(daemon: Pick<DaemonClient, 'call'>): GuardBook {
  return {
    list: async () => listOf(await daemon.call('guardPatterns', {})).map(String),
    add: async pattern => (await daemon.call('addGuard', { pattern })) === true,
    remove: async pattern => (await daemon.call('removeGuard', { pattern })) === true,
  }
}

/** @throws DaemonProtocolError */
export async function guardsOf(daemon: Pick<DaemonClient, 'call'>): Promise<Guards> {
  const { patterns, doubts } = fieldsOf(await daemon.call('guards', {}))
  return { patterns: listOf(patterns).map(String), doubts: listOf(doubts).map(readDoubt) }
}

/** How many doubts it ended in the daemon's gateway, where it has one, and how many other gateways were told. */
export async function acceptIn(
  daemon: Pick<DaemonClient, 'call'>,
  name: string,
): Promise<{ readonly ended: number | undefined; readonly others: number }> {
  const { ended, others } = fieldsOf(await daemon.call('acceptGuard', { name }))
  return { ended: ended === null ? undefined : readNumber(ended), others: readNumber(others) }
}

function writeDoubts(doubts: readonly DoubtReport[]): Json {
  return doubts.map(doubt => ({ ...doubt }))
}

function readDoubt(value: Json): DoubtReport {
  const { name, type, trouble } = fieldsOf(value)
  if (typeof name !== 'string' || typeof type !== 'string' || typeof trouble !== 'string')
    throw new DaemonProtocolError('a doubt was expected')
  // The daemon speaks the same version of the protocol, so the rest is what the type says.
  return value as unknown as DoubtReport
}

/** @throws DaemonProtocolError */
export function writeGuardChange(change: GuardChange): Json {
  return { ...change }
}

/** @throws DaemonProtocolError */
export function readGuardChange(body: Json): GuardChange {
  const { kind, name } = fieldsOf(body)
  if (kind === 'patterns') return { kind }
  if (kind === 'accepted' && typeof name === 'string') return { kind, name }
  throw new DaemonProtocolError('a change of guards was expected')
}

function readPattern(body: Json): string {
  const { pattern } = fieldsOf(body)
  if (typeof pattern === 'string' && isGuardPattern(pattern)) return pattern
  throw new DaemonProtocolError('a pattern of names was expected')
}
