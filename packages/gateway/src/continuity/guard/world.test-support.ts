import { type Message, Rcode } from '@signpost/dns'
import { vi } from 'vitest'
import { explanations, lines } from '../../asking.test-support.ts'
import {
  type InProcess,
  type Server,
  UPSTREAM,
  gatewayInProcess,
  recursiveServer,
  respond,
} from '../../in-process.test-support.ts'
import type { ContinuityStore } from '../continuity-store.ts'

export const MINUTE: number = 60_000
export const HOUR: number = 60 * MINUTE
export const SOA: string = 'example. 60 IN SOA ns.example. host.example. 1 2 3 4 60'
export const GOOD: string = 'www.example. 60 IN A 93.184.216.34\n'

/** A gateway that guards `*.example`, and an upstream that says what the test wants. */
export class World {
  readonly gateway: InProcess
  says: Server = recursiveServer(GOOD)
  private readonly store: ContinuityStore | undefined

  constructor(options: Parameters<typeof gatewayInProcess>[0] = {}) {
    this.gateway = gatewayInProcess({ upstreams: [UPSTREAM], guard: ['*.example'], ...options })
    this.store = options.store
    this.gateway.servers.add(UPSTREAM, request => this.says(request))
  }

  /** Time passes for both clocks. */
  async pass(milliseconds: number): Promise<void> {
    this.gateway.zones.now += milliseconds
    await vi.advanceTimersByTimeAsync(milliseconds)
  }

  async ask(name = 'www.example', type = 'A', changes: Partial<Message> = {}): Promise<Message> {
    const asked = this.gateway.ask(name, type, changes)
    await vi.advanceTimersByTimeAsync(0)
    return asked
  }

  /** What a client gets: addresses, or the rcode, and the codes of extended errors. */
  async see(name = 'www.example', type = 'A'): Promise<string> {
    const reply = await this.ask(name, type)
    const last = reply.answers.map(record => lines([record])[0]?.split(' ').at(-1))
    const codes = explanations(reply).map(text => `EDE ${text.split(' ')[0]}`)
    return [...(last.length > 0 ? last : [nameOfRcode(reply.rcode)]), ...codes].join(' ')
  }

  /** Until what the upstream says now is proved. */
  async prove(name = 'www.example', type = 'A'): Promise<void> {
    await this.ask(name, type)
    await this.pass(10 * MINUTE + 1)
  }

  /** Writes what it knows, as a gateway does that stops. */
  async stop(): Promise<void> {
    this.gateway.guard.close()
    await this.store?.close()
  }

  get sent(): number {
    return this.gateway.servers.sent.length
  }
}

function nameOfRcode(rcode: number): string {
  return Object.entries(Rcode).find(([, value]) => value === rcode)?.[0] ?? String(rcode)
}

export function withRcode(rcode: number, authorities?: string): Server {
  return request => ({ ...respond(request, authorities === undefined ? {} : { authorities }), rcode })
}
export const noData: Server = request => respond(request, { authorities: SOA })
export const noName = withRcode(Rcode.NXDOMAIN, SOA)
export const silent: Server = () => undefined
export function answering(...addresses: string[]): Server {
  return recursiveServer(addresses.map(address => `www.example. 60 IN A ${address}\n`).join(''))
}
