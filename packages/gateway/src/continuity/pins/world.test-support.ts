import type { ZoneId } from '@signpost/core'
import { type Message, Rcode, RrType, printRrType } from '@signpost/dns'
import { vi } from 'vitest'
import { explanations, lines } from '../../asking.test-support.ts'
import {
  type InProcess,
  type Server,
  UPSTREAM,
  gatewayInProcess,
  respond,
} from '../../in-process.test-support.ts'
import { type Publication, idOf } from '../../zones.test-support.ts'
import { ModelZone, NOW, type Said, type SigningFields, recordsIn } from '../dnssec/model.test-support.ts'
import type { PinReport } from './pin.ts'

/** So that signatures outlive the days of a test. */
export const LASTING: SigningFields = { expiration: NOW + 90 * 86_400 }

export const MINUTE: number = 60_000
export const DAY: number = 24 * 60 * MINUTE

/** Zones of owners, by the seeds of their keys. */
export const OLD: ZoneId = idOf(1)
export const NEW: ZoneId = idOf(2)
export const EVIL: ZoneId = idOf(9)

/** The owner's zone of a domain, as a zone file. */
export const ZONE = `www A 93.184.216.7
alias CNAME www
out CNAME www.elsewhere.org.
* .wild TXT none
`.replace('* .wild', '*.wild')

/**
 * A root, `com.` and in it `signed.com.` and `plain.com.`, behind one upstream; and a gateway that learns pins. A test is the
 * owner, and whoever has a hand on the path.
 */
export class PinWorld {
  readonly gateway: InProcess
  readonly root = new ModelZone('.')
  readonly com = new ModelZone('com.')
  readonly signed = new ModelZone('signed.com.')
  /** What whoever is on the path says in place of the truth. */
  readonly lies = new Map<string, Said | 'silence'>()
  /** What the upstream does about all questions; undefined: it answers. */
  outage: Server | undefined
  private readonly truth = new Map<string, Said>()

  constructor(options: NonNullable<Parameters<typeof gatewayInProcess>[0]> = {}) {
    const { root, com, signed } = this
    this.gateway = gatewayInProcess({
      upstreams: [UPSTREAM],
      limits: { upstreamTotal: 50, upstreamTry: 50, ...options.limits },
      now: NOW * 1000,
      ...options,
      pins: { trustAnchors: [{ zone: root.name, ds: root.dsRdata }], ...options.pins },
    })
    this.gateway.servers.add(UPSTREAM, request => this.reply(request))
    for (const zone of [root, com, signed])
      this.say(zone.name.toString(), 'DNSKEY', { answers: zone.sign([zone.key], LASTING) })
    this.say('com.', 'DS', { answers: root.sign([com.ds], LASTING) })
    this.say('signed.com.', 'DS', { answers: com.sign([signed.ds], LASTING) })
    this.say('plain.com.', 'DS', {
      authorities: com.nsec('plain.com.', 'signed.com.', ['NS', 'NSEC'], LASTING),
    })
    this.say('_signpost.signed.com.', 'DS', {
      authorities: signed.nsec('_signpost.signed.com.', 'signed.com.', ['TXT', 'RRSIG', 'NSEC'], LASTING),
    })
    for (const domain of ['plain.com.', 'signed.com.'])
      this.say(`www.${domain}`, 'A', { answers: recordsIn(`www.${domain} 60 A 93.184.216.34`) })
    this.say('www.elsewhere.org.', 'A', { answers: recordsIn('www.elsewhere.org. 60 A 93.184.216.99') })
  }

  say(name: string, type: string, said: Said): void {
    this.truth.set(`${name} ${type}`, said)
  }

  /** What a domain says of its zones from now on. */
  pin(domain: 'signed.com' | 'plain.com', ...zones: readonly string[]): void {
    const text = zones.map(zone => `_signpost.${domain}. 60 TXT "zone=${zone}"`).join('\n')
    const records = recordsIn(text)
    const isSigned = domain === 'signed.com'
    if (zones.length === 0 && isSigned)
      this.say(`_signpost.${domain}.`, 'TXT', {
        rcode: Rcode.NXDOMAIN,
        authorities: this.signed.nsec('signed.com.', 'www.signed.com.', ['SOA', 'NSEC'], LASTING),
      })
    else
      this.say(`_signpost.${domain}.`, 'TXT', {
        answers: isSigned ? this.signed.sign(records, LASTING) : records,
      })
  }

  async publish(seed: number, zone: string = ZONE, publication: Publication = {}): Promise<ZoneId> {
    const { now } = this.gateway.zones
    return this.gateway.zones.publish(seed, zone, { expiresAt: now + 30 * DAY, ...publication })
  }

  /** Time passes for both clocks, and what was begun comes to its end. */
  async pass(milliseconds: number): Promise<void> {
    this.gateway.zones.now += milliseconds
    await vi.advanceTimersByTimeAsync(milliseconds)
    await this.settle()
  }

  /** Looks are made behind answers, with real keys: as long as it takes, with no time passing. */
  async settle(): Promise<void> {
    do {
      await vi.advanceTimersByTimeAsync(0)
      await turn()
    } while (this.gateway.owners.isBusy)
  }

  /** A client asks, and what is behind the answer is done. */
  async use(name: string): Promise<void> {
    this.gateway.cache.clear()
    await this.ask(name)
    await this.settle()
  }

  async ask(name: string, type = 'A', changes: Partial<Message> = {}): Promise<Message> {
    const state = { isDone: false }
    const asked = this.gateway.ask(name, type, { authenticData: true, ...changes }).finally(() => {
      state.isDone = true
    })
    while (!state.isDone) {
      await vi.advanceTimersByTimeAsync(10)
      await turn()
    }
    return asked
  }

  /** What a client gets: the last words of the answers, or the rcode; flags; codes of extended errors. */
  async see(name: string, type = 'A'): Promise<string> {
    this.gateway.cache.clear()
    const reply = await this.ask(name, type)
    const last = reply.answers.map(record => lines([record])[0]?.split(' ').at(-1))
    const codes = explanations(reply).map(text => `EDE ${text.split(' ')[0]}`)
    const flags = [...(reply.authoritative ? ['AA'] : []), ...(reply.authenticData ? ['AD'] : [])]
    return [...(last.length > 0 ? last : [nameOfRcode(reply.rcode)]), ...flags, ...codes].join(' ')
  }

  get pins(): Partial<PinReport>[] {
    return this.gateway.owners.reports().map(report => {
      const { since, ...pin } = report
      return since === undefined ? report : pin
    })
  }

  /** How often a question was sent. */
  sent(name: string, type: string): number {
    const text = `${name} ${parseType(type)}`
    return this.gateway.servers.sent.filter(line => line.toLowerCase().endsWith(text)).length
  }

  private reply(request: Message): ReturnType<Server> {
    if (this.outage !== undefined) return this.outage(request)
    const [question] = request.questions
    if (question === undefined) return undefined
    const key = `${question.name.toString().toLowerCase()} ${printRrType(question.type)}`
    const said = this.lies.get(key) ?? this.truth.get(key)
    if (said === 'silence') return undefined
    if (said === undefined)
      return {
        ...respond(request, { authorities: 'com. 60 IN SOA ns.com. h.com. 1 2 3 4 60' }),
        rcode: Rcode.NXDOMAIN,
      }
    return { ...respond(request), ...said }
  }
}

const realImmediate = setImmediate

async function turn(): Promise<void> {
  await new Promise<void>(resolve => {
    realImmediate(resolve)
  })
}

function parseType(type: string): number {
  return RrType[type as keyof typeof RrType]
}

function nameOfRcode(rcode: number): string {
  return Object.entries(Rcode).find(([, value]) => value === rcode)?.[0] ?? String(rcode)
}
