import {
  type Name,
  type Question,
  type Rdata,
  type ResourceRecord,
  RrClass,
  RrType,
  parseName,
} from '@signpost/dns'
import { type Found, fromGateway } from '../outcome.ts'
import { localSoa } from '../soa.ts'
import type { HostsTable } from './hosts-table.ts'
import { reverseName } from './reverse-name.ts'
import { type SpecialUse, isForParent, specialUseOf } from './special-use.ts'

export interface LocalNames {
  /** The table that stands at the time. */
  readonly hosts: { readonly table: HostsTable }
  /** Names that the user sends to a server of their own. */
  readonly isRouted: (name: Name) => boolean
}

/** Seconds: RFC 6303, section 3 has three hours; this is for how long a new route may go unnoticed. */
const LOCAL_TTL = 300

const LOCALHOST = parseName('localhost.')
const LOOPBACK = {
  [RrType.A]: { kind: 'A', address: Uint8Array.of(127, 0, 0, 1) },
  [RrType.AAAA]: { kind: 'AAAA', address: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1) },
} as const satisfies Record<number, Rdata>
/** Names that exist in domains where no hosts file has names. */
const PTR_OF_LOOPBACK = Object.values(LOOPBACK).map(({ address }) => reverseName(address))
/** RFC 9462, section 4: where clients ask which encrypted resolver belongs to this one. There is none to name. */
const DESIGNATED_RESOLVERS = parseName('_dns.resolver.arpa.')
const EXISTING: readonly Name[] = [...PTR_OF_LOOPBACK, DESIGNATED_RESOLVERS]

/**
 * What is answered without asking anybody; undefined for names that upstreams know. `localhost` is this machine whatever
 * a file says (RFC 6761, section 6.3); then the hosts file, then the user's routes, then {@link specialUseOf} decide. Of
 * a name of one label the addresses are never asked: it is a host on the user's network, and what upstreams know are top
 * level domains, whose other types are asked for by those who validate.
 */
export function localAnswer(question: Question, { hosts, isRouted }: LocalNames): Found | undefined {
  const { name, type } = question
  const special = specialUseOf(name)
  if (special?.kind === 'loopback' && !isForParent(special, name, type)) return loopback(name, type, special)
  const records = hosts.table.find(name, type)
  if (records !== undefined) return answer(records, name)
  if (isRouted(name)) return undefined
  if (special !== undefined && special.kind === 'empty' && !isForParent(special, name, type))
    return inEmptyDomain(question, special, hosts.table)
  return isAddressOfOneLabel(question) ? oneLabel(name) : undefined
}

function loopback(name: Name, type: number, { domain }: SpecialUse): Found {
  const rdatas = Object.entries(LOOPBACK).filter(([of]) => type === Number(of) || type === RrType.ANY)
  if (name.equals(domain) && type === RrType.SOA) return atApex(name, type)
  return answer(
    rdatas.map(([of, rdata]) => record(name, Number(of), rdata)),
    domain,
  )
}

function inEmptyDomain({ name, type }: Question, { domain, source }: SpecialUse, hosts: HostsTable): Found {
  if (type === RrType.PTR && PTR_OF_LOOPBACK.some(ptr => ptr.equals(name)))
    return answer([record(name, type, { kind: 'PTR', target: LOCALHOST })], domain)
  if (name.equals(domain)) return atApex(name, type)
  if (EXISTING.some(existing => existing.isAtOrBelow(name)) || hosts.hasBelow(name)) return answer([], domain)
  return {
    kind: 'no-name',
    answers: [],
    authorities: [localSoa(domain, LOCAL_TTL)],
    provenance: fromGateway,
    age: 0,
    note: `${domain.toString()} is not asked of upstreams (${source}), unless it has a route of its own`,
  }
}

/** RFC 6303, section 3: the zone has an SOA and, as its name server, itself. */
function atApex(domain: Name, type: number): Found {
  switch (type) {
    case RrType.SOA:
    case RrType.ANY:
      return answer([localSoa(domain, LOCAL_TTL)], domain)
    case RrType.NS:
      return answer([record(domain, type, { kind: 'NS', nameServer: domain })], domain)
    default:
      return answer([], domain)
  }
}

function isAddressOfOneLabel({ name, type }: Question): boolean {
  return (type === RrType.A || type === RrType.AAAA) && name.labelCount === 1
}

/** No such type, and not no such name: that would deny all names below it too (RFC 8020). */
function oneLabel(name: Name): Found {
  return {
    ...answer([], name),
    note: 'addresses of a name of one label are not asked of upstreams; give the whole name',
  }
}

/** @param domain whose SOA goes with it where there are no records. */
function answer(answers: readonly ResourceRecord[], domain: Name): Found {
  return answers.length > 0
    ? { kind: 'answer', answers, authorities: [], provenance: fromGateway, age: 0 }
    : {
        kind: 'no-data',
        answers,
        authorities: [localSoa(domain, LOCAL_TTL)],
        provenance: fromGateway,
        age: 0,
      }
}

function record(name: Name, type: number, rdata: Rdata): ResourceRecord {
  return { name, type, class: RrClass.IN, ttl: LOCAL_TTL, rdata }
}
