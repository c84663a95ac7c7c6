import { BlockList, isIPv6 } from 'node:net'
import { type LookupResult, zoneIdOfName } from '@signpost/core'
import {
  type Message,
  type Name,
  type Question,
  type ResourceRecord,
  RrType,
  type RrSet,
  printRdata,
  recordsOf,
} from '@signpost/dns'
import { type View, outward, recordOutward } from '../names.ts'
import { type Outcome, type Provenance, isFound } from '../outcome.ts'
import type { Resolve } from '../handler.ts'
import { type Query, askNext } from '../query.ts'
import type { Asker } from '../upstream/ask.ts'
import { readResponse } from '../upstream/response.ts'
import { plainUpstream } from '../upstream/upstream.ts'
import { followAlias } from './alias.ts'

type Delegation = LookupResult & { readonly kind: 'delegation' }

/** Asks the ordinary DNS servers to which a zone hands a label. @throws InvalidNameError as `outward` does. */
export type AskAuthority = (
  query: Query,
  view: View,
  inner: Name,
  delegation: Delegation,
  provenance: Provenance,
  /** Seconds that the zone which handed the label over may be kept: its servers cannot make it longer. */
  maxTtl: number,
) => Promise<Outcome>

export interface AuthorityParts {
  readonly asker: Asker
  /** The whole pipeline: finds the addresses of name servers, and follows aliases. */
  readonly resolve: Resolve
  /** 53, but for servers that listen elsewhere. */
  readonly port: number
  /** Whether a zone may hand a label to a server on this machine. */
  readonly loopback: boolean
}

/** Name servers of one delegation whose addresses are looked for: their number is the zone owner's choice. */
const MAX_NAME_SERVERS = 3
/** Addresses that one question may be sent to: a zone full of glue must not make a crowd of packets of it. */
const MAX_ADDRESSES = 6

/**
 * The server is asked for the name as the signed zone has it, `host.corp.<zoneid>.`: that name is the same for
 * everybody, where suffixes and petnames are each gateway's own. So its operator sets up one zone,
 * `corp.<zoneid>.`. Names of an ordinary domain are the same for everybody as they are. What it says is not signed: never
 * AA, never AD.
 */
export function askAuthorityWith(parts: AuthorityParts): AskAuthority {
  return async (query, view, inner, delegation, zone, maxTtl) => {
    const provenance: Provenance = { ...zone, source: 'upstream', verified: false }
    const { zones } = provenance
    const addresses = await addressesOf(parts, query, view, delegation)
    const servers = addresses.map(host => plainUpstream({ host, port: parts.port }))
    const asked = outward(delegation.cut, view).toString()
    if (servers.length === 0)
      return { kind: 'upstream-failed', text: `no address of a name server of ${asked} was found`, zones }
    const question = view.isOrdinary === true ? query.question : { ...query.question, name: inner }
    const result = await parts.asker.ask(servers, {
      question,
      recursionDesired: false,
      dnssecOk: query.message.edns?.dnssecOk === true,
      checkingDisabled: query.message.checkingDisabled,
    })
    switch (result.kind) {
      case 'overloaded':
        return {
          kind: 'overloaded',
          text: 'too many questions are out at other servers; ask again in a moment',
        }
      case 'failed':
        return { kind: 'upstream-failed', text: result.reason, zones, extendedErrors: result.extendedErrors }
      case 'reply':
        return readAuthority(parts, query, view, question, delegation.cut, result.message, provenance, maxTtl)
    }
  }
}

async function readAuthority(
  parts: AuthorityParts,
  query: Query,
  view: View,
  question: Question,
  cut: Name,
  reply: Message,
  provenance: Provenance,
  maxTtl: number,
): Promise<Outcome> {
  const out = (records: readonly ResourceRecord[]): ResourceRecord[] =>
    records.map(record => recordOutward(record, view, maxTtl))
  // The server speaks for what lies below the cut and for nothing else.
  const theirs = view.isOrdinary === true ? outward(cut, view) : cut
  const reading = readResponse(reply, question, name => !name.isAtOrBelow(theirs))
  switch (reading.kind) {
    case 'lame':
    case 'loop':
      return {
        kind: 'upstream-failed',
        text: `the name server of ${outward(cut, view).toString()} has no answer of its own for this name`,
        zones: provenance.zones,
      }
    case 'too-long':
      return {
        kind: 'too-long',
        text: `the name server of ${outward(cut, view).toString()} says that a DNAME makes a name of over 255 octets`,
        zones: provenance.zones,
      }
    case 'alias':
      return followAlias(
        query,
        out(reading.answers),
        outward(reading.target, view),
        provenance,
        parts.resolve,
      )
    case 'answer':
    case 'no-data':
    case 'no-name':
      return {
        kind: reading.kind,
        answers: out(reading.answers),
        authorities: out(reading.authorities),
        provenance,
        age: 0,
      }
  }
}

/** What the zone itself says; only where it says nothing is the address looked up. */
async function addressesOf(
  parts: AuthorityParts,
  query: Query,
  view: View,
  delegation: Delegation,
): Promise<string[]> {
  const usable = (records: readonly ResourceRecord[]): string[] => {
    const addresses = new Set(records.flatMap(addressIn))
    return [...addresses]
      .filter(address => parts.loopback || !isForbiddenTarget(address))
      .slice(0, MAX_ADDRESSES)
  }
  const glue = usable(delegation.glue.flatMap((set: RrSet) => recordsOf(set)))
  if (glue.length > 0) return glue
  const hosts = delegation.set.rdatas.flatMap(rdata => (rdata.kind === 'NS' ? rdata.nameServer : []))
  for (const host of hosts.slice(0, MAX_NAME_SERVERS)) {
    // The apex of a zone is a zone to hand over to, not a host.
    if (host.labelCount === 1 && zoneIdOfName(host) !== undefined) continue
    for (const type of [RrType.A, RrType.AAAA]) {
      const next = askNext(query, outward(host, view), type)
      const outcome = next && (await parts.resolve(next))
      const addresses = outcome && isFound(outcome) ? usable(outcome.answers) : []
      if (addresses.length > 0) return addresses
    }
  }
  return []
}

function addressIn(record: ResourceRecord): string[] {
  const { rdata } = record
  return rdata.kind === 'A' || rdata.kind === 'AAAA' ? [printRdata(record.type, rdata)] : []
}

// Loopback, unspecified, link-local and multicast addresses, and IPv4 in the guise of IPv6. A list for each family:
// in one list, the last of these would hold every IPv4 address.
const ipv4 = blockList('ipv4', ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'])
const ipv6 = blockList('ipv6', ['::/96', '::ffff:0:0/96', 'fe80::/10', 'ff00::/8'])

function blockList(family: 'ipv4' | 'ipv6', networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    list.addSubnet(address, Number(prefix), family)
  }
  return list
}

/** Where a zone may not send queries: it could make this machine, or a crowd, its target. */
export function isForbiddenTarget(address: string): boolean {
  return isIPv6(address) ? ipv6.check(address, 'ipv6') : ipv4.check(address, 'ipv4')
}
