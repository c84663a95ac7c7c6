import { type Message, type Name, RrClass, RrType, parseName, printRdata } from '@signpost/dns'
import type { AskOptions, AskResult } from './ask.ts'
import type { Inquiry } from './inquiry.ts'
import { monotonicNow } from './monotonic.ts'
import { readResponse } from './response.ts'
import type { Upstream } from './upstream.ts'

/** What is found about a host. */
export interface FoundAddresses {
  readonly addresses: readonly string[]
  /** Seconds. */
  readonly ttl: number
}

/** Seconds for which addresses count as new, at least and at most. */
const MIN_TTL = 60
const MAX_TTL = 86_400
/** Milliseconds between two lookups of one host, whatever made the first one of no use; and where it found nothing. */
const PACE = 10_000
const PACE_WITHOUT_ANY = 1000

interface Known {
  addresses: readonly string[]
  freshUntil: number
  lookedUpAt: number
}

/**
 * Remembers the addresses of upstreams that are given by name. What is known is used at once, however old; where it is
 * old, or the server does not answer there, it is looked up again behind that.
 */
export class HostAddresses {
  private readonly lookUp: (host: string) => Promise<FoundAddresses | undefined>
  private readonly now: () => number
  private readonly known = new Map<string, Known>()
  private readonly underWay = new Map<string, Promise<void>>()

  /** @param lookUp undefined where nothing was found; never rejects. Asked for a few hosts, those of the options. */
  constructor(
    lookUp: (host: string) => Promise<FoundAddresses | undefined>,
    now: () => number = monotonicNow,
  ) {
    this.lookUp = lookUp
    this.now = now
  }

  /** The one to try first in front; none where the host is not found. Never rejects. */
  async addressesOf(host: string): Promise<readonly string[]> {
    const known = this.known.get(host)
    if (known === undefined || known.addresses.length === 0) await this.refresh(host)
    else if (this.now() >= known.freshUntil) void this.refresh(host)
    return this.known.get(host)?.addresses ?? []
  }

  /** The server did not answer at the first address. */
  doubt(host: string): void {
    const known = this.known.get(host)
    if (known === undefined) return
    const [first, ...others] = known.addresses
    known.addresses = first === undefined ? [] : [...others, first]
    known.freshUntil = this.now()
  }

  private async refresh(host: string): Promise<void> {
    const same = this.underWay.get(host)
    if (same !== undefined) return same
    const known = this.known.get(host)
    const pace = known?.addresses.length === 0 ? PACE_WITHOUT_ANY : PACE
    if (known !== undefined && this.now() < known.lookedUpAt + pace) return
    const refreshing = this.find(host).finally(() => this.underWay.delete(host))
    this.underWay.set(host, refreshing)
    return refreshing
  }

  private async find(host: string): Promise<void> {
    const found = await this.lookUp(host)
    const now = this.now()
    const before = this.known.get(host)
    const addresses = found === undefined ? (before?.addresses ?? []) : found.addresses
    const ttl = found === undefined ? 0 : Math.min(Math.max(found.ttl, MIN_TTL), MAX_TTL)
    this.known.set(host, {
      addresses: keepOrder(addresses, before?.addresses ?? []),
      freshUntil: now + ttl * 1000,
      lookedUpAt: now,
    })
  }
}

/** An address that did not answer stays behind those that have not been tried. */
function keepOrder(addresses: readonly string[], before: readonly string[]): readonly string[] {
  const isKnown = addresses.length === before.length && addresses.every(address => before.includes(address))
  return isKnown ? before : addresses
}

/** Looks hosts up at the bootstrap servers. */
export function lookUpThrough(
  bootstrap: readonly Upstream[],
  ask: (servers: readonly Upstream[], inquiry: Inquiry, options?: AskOptions) => Promise<AskResult>,
): (host: string) => Promise<FoundAddresses | undefined> {
  return async host => {
    const name = parseName(host)
    const found = await Promise.all(
      [RrType.A, RrType.AAAA].map(async type => {
        const question = { name, type, class: RrClass.IN }
        const inquiry = { question, recursionDesired: true, dnssecOk: false, checkingDisabled: false }
        const result = await ask(bootstrap, inquiry)
        return result.kind === 'reply' ? addressesIn(result.message, name, type) : []
      }),
    )
    const records = found.flat()
    if (records.length === 0) return undefined
    return {
      addresses: records.map(({ address }) => address),
      ttl: Math.min(...records.map(({ ttl }) => ttl)),
    }
  }
}

function addressesIn(reply: Message, name: Name, type: number): { address: string; ttl: number }[] {
  const reading = readResponse(reply, { name, type, class: RrClass.IN }, () => false)
  if (reading.kind !== 'answer') return []
  return reading.answers.flatMap(record =>
    record.type === type ? { address: printRdata(record.type, record.rdata), ttl: record.ttl } : [],
  )
}
