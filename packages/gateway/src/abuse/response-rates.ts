import { type Name, type Question, RrType } from '@signpost/dns'
import type { Found, Outcome } from '../outcome.ts'
import { RecentMap } from './recent-map.ts'

export interface ResponseRateOptions {
  /** Replies of one kind to one network, in the long run. */
  readonly perSecond: number
  /** Seconds for which a network that went over it is limited further. */
  readonly window: number
  /** Of replies over the limit, every so manieth is sent, though empty and truncated; 0 is none. */
  readonly slip: number
  /** Accounts that are remembered. */
  readonly capacity: number
}

interface Account {
  balance: number
  /** Milliseconds since the epoch. */
  since: number
  limited: number
}

/**
 * Response rate limiting, as BIND does it (Vixie and Schryver, ISC-TN-2012-1): whoever asks in the guise of somebody else's
 * address does not get to aim our replies at them. Replies that are the same to a network share an account. It gains up to
 * a second's worth, and goes into debt up to a window's worth; while it is in debt, most replies are silence. Some are an
 * empty one with TC, so that a client that really is there comes back over TCP, where its address is known to be its own.
 */
export class ResponseRates {
  private readonly options: ResponseRateOptions
  private readonly accounts: RecentMap<Account>

  constructor(options: ResponseRateOptions) {
    this.options = options
    this.accounts = new RecentMap(options.capacity)
  }

  /**
   * @param target the network that the reply reaches.
   * @param now milliseconds since the epoch.
   */
  judge(target: string, kind: string, now: number): 'send' | 'truncate' | 'drop' {
    const { perSecond, window, slip } = this.options
    const account = this.accountOf(`${target} ${kind}`, now)
    const gained = (Math.max(0, now - account.since) * perSecond) / 1000
    account.since = now
    account.balance = Math.max(Math.min(perSecond, account.balance + gained) - 1, -window * perSecond)
    if (account.balance >= 0) {
      account.limited = 0
      return 'send'
    }
    return slip > 0 && account.limited++ % slip === 0 ? 'truncate' : 'drop'
  }

  private accountOf(key: string, now: number): Account {
    const known = this.accounts.get(key)
    if (known !== undefined) return known
    const fresh = { balance: this.options.perSecond, since: now, limited: 0 }
    this.accounts.add(key, fresh)
    return fresh
  }
}

/**
 * What makes replies the same: answers by name and type; empty ones by name; "no such name" by the zone that says so,
 * or whoever makes up names would never repeat one; errors all together.
 */
export function kindOfResponse(question: Question | undefined, outcome: Outcome): string {
  if (question === undefined) return 'error'
  const { name, type } = question
  if (outcome.kind === 'answer') return `answer ${type} ${name.key}`
  if (outcome.kind === 'no-data' || outcome.kind === 'filtered') return `empty ${name.key}`
  return outcome.kind === 'no-name' ? `no-name ${(denierOf(outcome) ?? name.parent).key}` : 'error'
}

function denierOf({ authorities }: Found): Name | undefined {
  return authorities.find(record => record.type === RrType.SOA)?.name
}
