import { isIP } from 'node:net'
import {
  ExtendedError,
  InvalidConfigError,
  type Message,
  type Name,
  type ResourceRecord,
  RrClass,
  RrType,
  decodeExtendedError,
} from '@signpost/dns'
import { limitsWith } from '../limits.ts'
import { createAsker } from './ask.ts'
import { createExchanges } from './exchanges.ts'
import { HostAddresses } from './host-addresses.ts'
import { readResponse } from './response.ts'
import { readSystemServers } from './system/system-servers.ts'
import { type Upstream, parseUpstream } from './upstream.ts'

/** What servers say of one name and type. */
export type StubAnswer =
  | {
      readonly kind: 'records'
      /** Of the name itself: of the type that was asked for, or the CNAME that stands there in its place. */
      readonly records: readonly ResourceRecord[]
      /** By the zone's own server, so that the TTLs are those of the zone and not what is left of them. */
      readonly authoritative: boolean
    }
  /** No such type (NODATA), or no such name (NXDOMAIN). */
  | { readonly kind: 'no-data' | 'no-name' }
  /** SERVFAIL, REFUSED, silence, a referral, an answer that the server itself calls stale: no word about the name. */
  | { readonly kind: 'failed'; readonly reason: string }

/** A stub resolver (RFC 9499, section 6): it asks the servers that it was given, and keeps nothing. */
export interface Stub {
  /** Never rejects. */
  ask(name: Name, type: number): Promise<StubAnswer>
  close(): void
}

/**
 * @param servers as upstreams of a gateway are written, by their addresses; `system` alone for this machine's resolvers.
 * @param option how errors call them.
 * @throws InvalidConfigError, and what reading this machine's settings does.
 */
export async function createStub(servers: readonly string[], option: string): Promise<Stub> {
  const upstreams = await readServers(servers, option)
  const limits = limitsWith()
  const closing = new AbortController()
  const hosts = new HostAddresses(() => Promise.resolve(undefined))
  const exchanges = createExchanges({ hosts, ca: undefined, limits })
  const asker = createAsker(exchanges.exchange, limits, closing.signal)
  return {
    async ask(name, type) {
      const question = { name, type, class: RrClass.IN }
      const inquiry = { question, recursionDesired: true, dnssecOk: false, checkingDisabled: false }
      const result = await asker.ask(upstreams, inquiry)
      if (result.kind === 'overloaded') return { kind: 'failed', reason: 'too many questions are under way' }
      return result.kind === 'failed' ? result : answerIn(result.message, name, type)
    },
    close() {
      closing.abort()
      exchanges.close()
    },
  }
}

async function readServers(servers: readonly string[], option: string): Promise<readonly Upstream[]> {
  if (servers.length === 1 && servers[0] === 'system') {
    const found = await readSystemServers()
    if (found.length > 0) return found
    throw new InvalidConfigError(option, 'this machine names no DNS server; give the address of one')
  }
  return servers.map(text => {
    if (text === 'system')
      throw new InvalidConfigError(option, '"system" stands alone; leave it out, or all others')
    const upstream = parseUpstream(text, option)
    if (isIP(upstream.host) === 0)
      throw new InvalidConfigError(
        option,
        `${JSON.stringify(text)} names a host; give its address, such as tls://192.0.2.53#${upstream.host}`,
      )
    return upstream
  })
}

/** RFC 8914: what was good once, or is not what the zone says. */
const NO_NEWS: ReadonlySet<number> = new Set([
  ExtendedError.STALE_ANSWER,
  ExtendedError.FORGED_ANSWER,
  ExtendedError.STALE_NXDOMAIN,
])

/** What a usable reply says about the name itself. */
export function answerIn(reply: Message, name: Name, type: number): StubAnswer {
  const notNews = (reply.edns?.options ?? [])
    .flatMap(option => decodeExtendedError(option) ?? [])
    .find(({ infoCode }) => NO_NEWS.has(infoCode))
  if (notNews !== undefined)
    return {
      kind: 'failed',
      reason: `the server says that its answer is old or not the zone's (${notNews.text})`,
    }
  const reading = readResponse(reply, { name, type, class: RrClass.IN }, () => false)
  switch (reading.kind) {
    case 'answer':
    case 'alias':
    case 'no-data':
    case 'no-name': {
      const records = reading.answers.filter(
        record => record.name.equals(name) && (record.type === type || record.type === RrType.CNAME),
      )
      if (records.length > 0) return { kind: 'records', records, authoritative: reply.authoritative }
      if (reading.kind === 'no-data' || reading.kind === 'no-name') return { kind: reading.kind }
      return { kind: 'failed', reason: 'the server gave records of other names alone' }
    }
    case 'loop':
      return { kind: 'failed', reason: 'its aliases go in a circle' }
    case 'too-long':
      return { kind: 'failed', reason: 'a DNAME makes the name too long' }
    case 'lame':
      return {
        kind: 'failed',
        reason: 'the server refers to others; ask one that has the zone, or a resolver',
      }
  }
}
