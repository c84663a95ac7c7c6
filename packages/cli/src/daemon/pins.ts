import type { ZoneId } from '@signpost/core'
import type { PinReport } from '@signpost/gateway'
import { UsageError } from '../errors.ts'
import { type OwnPins, type PinBook, isPinnedDomain } from '../pins/pin-store.ts'
import { fieldsOf, listOf, readNumber, readZoneId } from './codec.ts'
import type { DaemonClient } from './daemon-client.ts'
import { DaemonProtocolError } from './errors.ts'
import type { Listeners } from './listeners.ts'
import type { Route, Routes } from './server.ts'
import type { Json } from './transport.ts'

/** What gateways hear of pins: that the user's own have changed, or what the user wants of one that was learned. */
export type PinChange =
  | { readonly kind: 'own' }
  | { readonly kind: 'accepted' | 'forgotten'; readonly domain: string }

/** The pins of a gateway in the daemon's process. */
export interface PinningGateway {
  readonly pins: () => readonly PinReport[]
  /** The zone that the domain is pinned to now; undefined where it names no other one. */
  readonly accept: (domain: string) => ZoneId | undefined
  /** Says whether something was learned of it. */
  readonly forget: (domain: string) => boolean
  /** Resolves once the user's own pins count as they are now. */
  readonly readPins: () => Promise<void>
}

/** What a daemon did about a pin: in its own gateway, where it has one, and how many others it told. */
export interface PinEffect {
  /** Null where there is no gateway in its process, or it had nothing to do. */
  readonly zoneId: ZoneId | null
  readonly others: number
}

/**
 * The calls about pins.
 * @param own the gateway of this process, where it has one.
 */
export function pinRoutes(
  book: PinBook,
  news: Listeners<PinChange>,
  own: PinningGateway | undefined,
): Routes {
  const changed = async (): Promise<void> => {
    await own?.readPins()
    news.tell({ kind: 'own' })
  }
  return new Map<string, Route>([
    ['pins', async () => writePins(own?.pins() ?? reportsOf(await book.list()))],
    ['ownPins', async () => Object.fromEntries(await book.list())],
    [
      'setPin',
      async body => {
        const domain = readDomain(body)
        const before = (await book.list()).get(domain)
        const isNew = await book.set(domain, readZoneId(fieldsOf(body)['zoneId']))
        if (!isNew) return false
        await changed().catch(async (error: unknown) => {
          // What the gateway cannot pin is not to keep it from starting.
          await (before === undefined ? book.remove(domain) : book.set(domain, before))
          throw error
        })
        return true
      },
    ],
    [
      'removePin',
      async body => {
        const domain = readDomain(body)
        const wasSet = await book.remove(domain)
        if (wasSet) await changed()
        const wasLearned = own?.forget(domain) ?? false
        const others = news.tell({ kind: 'forgotten', domain })
        return { wasKnown: wasSet || wasLearned, others }
      },
    ],
    [
      'acceptPin',
      async body => {
        const domain = readDomain(body)
        const others = news.tell({ kind: 'accepted', domain })
        if (own === undefined && others === 0)
          throw new UsageError(
            'no gateway runs here: this daemon is a node alone; start one: signpost gateway',
          )
        return { zoneId: own?.accept(domain) ?? null, others }
      },
    ],
  ])
}

/** The user's own pins where nobody has learned others. */
export function reportsOf(pins: OwnPins): PinReport[] {
  return [...pins].map(([domain, zoneId]) => ({ domain, zoneId, by: 'user' }))
}

/** The user's own pins of a running daemon. */
export function pinBookOf(daemon: Pick<DaemonClient, 'call'>): Pick<PinBook, 'list' | 'set'> {
  return {
    list: async () =>
      new Map<string, ZoneId>(
        Object.entries(fieldsOf(await daemon.call('ownPins', {}))).map(([domain, zoneId]) => [
          domain,
          readZoneId(zoneId),
        ]),
      ),
    set: async (domain, zoneId) => (await daemon.call('setPin', { domain, zoneId })) === true,
  }
}

/** @throws DaemonProtocolError */
export async function pinsOf(daemon: Pick<DaemonClient, 'call'>): Promise<readonly PinReport[]> {
  return listOf(await daemon.call('pins', {})).map(readPin)
}

/** Whether the daemon knew of such a pin, and how many other gateways it told. */
export async function removePinIn(
  daemon: Pick<DaemonClient, 'call'>,
  domain: string,
): Promise<{ readonly wasKnown: boolean; readonly others: number }> {
  const { wasKnown, others } = fieldsOf(await daemon.call('removePin', { domain }))
  return { wasKnown: wasKnown === true, others: readNumber(others) }
}

export async function acceptPinIn(daemon: Pick<DaemonClient, 'call'>, domain: string): Promise<PinEffect> {
  const { zoneId, others } = fieldsOf(await daemon.call('acceptPin', { domain }))
  return { zoneId: zoneId === null ? null : readZoneId(zoneId), others: readNumber(others) }
}

function writePins(pins: readonly PinReport[]): Json {
  return pins.map(({ conflict, ...pin }) =>
    conflict === undefined ? pin : { ...pin, conflict: { ...conflict } },
  )
}

function readPin(value: Json): PinReport {
  const { domain, zoneId, by } = fieldsOf(value)
  readZoneId(zoneId)
  if (typeof domain !== 'string' || typeof by !== 'string')
    throw new DaemonProtocolError('a pin was expected')
  // The daemon speaks the same version of the protocol, so the rest is what the type says.
  return value as unknown as PinReport
}

export function writePinChange(change: PinChange): Json {
  return { ...change }
}

/** @throws DaemonProtocolError */
export function readPinChange(body: Json): PinChange {
  const { kind, domain } = fieldsOf(body)
  if (kind === 'own') return { kind }
  if ((kind === 'accepted' || kind === 'forgotten') && typeof domain === 'string') return { kind, domain }
  throw new DaemonProtocolError('a change of pins was expected')
}

function readDomain(body: Json): string {
  const { domain } = fieldsOf(body)
  if (typeof domain === 'string' && isPinnedDomain(domain)) return domain
  throw new DaemonProtocolError('a domain was expected')
}
