import type { ZoneText } from '../servers.ts'
import type { Random } from '../random.ts'
import { TYPES, rdatasOf } from './rdata.ts'

/** Zones of every shape, and the names in them. */
export interface ZoneSet {
  /** At the first authority, the root among them. */
  readonly primary: readonly ZoneText[]
  /** At the second one. */
  readonly delegated: readonly ZoneText[]
  /** Every owner name, wildcards included. */
  readonly owners: readonly string[]
  readonly origins: readonly string[]
}

interface Place {
  readonly origin: string
  /** Below which zone the cut is; the root where absent. */
  readonly parent?: string
  readonly isDelegated: boolean
}

const PLACES: readonly Place[] = [
  { origin: 'apple.example.net.', isDelegated: false },
  { origin: 'berry.example.net.', isDelegated: false },
  { origin: 'cherry.example.org.', isDelegated: false },
  { origin: 'deep.apple.example.net.', parent: 'apple.example.net.', isDelegated: false },
  { origin: 'xn--bcher-kva.example.org.', isDelegated: false },
  { origin: 'other.apple.example.net.', parent: 'apple.example.net.', isDelegated: true },
  { origin: 'far.cherry.example.org.', parent: 'cherry.example.org.', isDelegated: true },
  { origin: 'plum.example.org.', isDelegated: true },
]

const LABELS = [
  'a',
  'b',
  'c',
  'mail',
  '_tcp',
  '_sip',
  'xn--fiqs8s',
  'xn--e1afmkfd',
  'MiXed',
  'x\\.y',
  'sp\\032ace',
]
/** No record is over while the test runs, but for those that are never kept. */
const TTLS = [0, 300, 3600, 86_400, 604_800]
const OWNERS = 60

/** @param at the addresses of the two authorities. */
export function makeZoneSet(
  random: Random,
  at: { readonly primary: string; readonly delegated: string },
): ZoneSet {
  const names = new Map(PLACES.map(({ origin }) => [origin, ownersIn(origin, random)]))
  const all = [...names.values()].flat()
  const zones = PLACES.map(place => {
    const text = [
      ...headOf(place, place.isDelegated ? at.delegated : at.primary, random),
      ...PLACES.filter(({ parent }) => parent === place.origin).flatMap(child => cutOf(child, at)),
      ...recordsOf(names.get(place.origin) ?? [], random, all),
    ]
    return { place, zone: { origin: place.origin, text: `${text.join('\n')}\n` } }
  })
  return {
    primary: [
      { origin: '.', text: rootText(at) },
      ...zones.filter(({ place }) => !place.isDelegated).map(({ zone }) => zone),
    ],
    delegated: zones.filter(({ place }) => place.isDelegated).map(({ zone }) => zone),
    owners: all,
    origins: PLACES.map(({ origin }) => origin),
  }
}

function rootText(at: { readonly primary: string; readonly delegated: string }): string {
  const cuts = PLACES.filter(({ parent }) => parent === undefined).flatMap(place => cutOf(place, at))
  return `. 300 SOA ns.root. host.root. 1 3600 600 86400 77\n. 300 NS ns.root.\nns.root. 300 A ${at.primary}\n${cuts.join('\n')}\n`
}

function cutOf(
  { origin, isDelegated }: Place,
  at: { readonly primary: string; readonly delegated: string },
): string[] {
  return [`${origin} 300 NS ns.${origin}`, `ns.${origin} 300 A ${isDelegated ? at.delegated : at.primary}`]
}

function headOf({ origin }: Place, address: string, random: Random): string[] {
  const minimum = 60 + random.below(600)
  return [
    `${origin} ${random.of(TTLS.slice(1))} SOA ns.${origin} host.${origin} 7 3600 600 86400 ${minimum}`,
    `${origin} 300 NS ns.${origin}`,
    `ns.${origin} 300 A ${address}`,
    `${origin} 300 MX 10 mail.${origin}`,
    // Over what a UDP message takes.
    ...Array.from({ length: 90 }, (_, n) => `big.${origin} 300 A 198.51.100.${n}`),
    `long.${origin} 300 TXT ${Array.from({ length: 12 }, (_, n) => `"${String(n).repeat(120)}"`).join(' ')}`,
  ]
}

/** Owners of a zone, none of which is one of the names that every zone has, or lies below another zone. */
function ownersIn(origin: string, random: Random): string[] {
  const owners = new Set<string>()
  while (owners.size < OWNERS) {
    const labels = Array.from({ length: 1 + random.below(3) }, () => random.of(LABELS))
    if (random.once(6)) labels[0] = '*'
    owners.add(`${labels.join('.')}.${origin}`)
  }
  return [...owners]
}

function recordsOf(owners: readonly string[], random: Random, all: readonly string[]): string[] {
  const redirected: string[] = []
  const target = (): string => targetOf(random, all)
  // From above, so that what a DNAME leads away is known before its names come up.
  const fromAbove = owners.toSorted((a, b) => a.length - b.length)
  return fromAbove.flatMap(owner => {
    if (redirected.some(above => owner.toLowerCase().endsWith(`.${above}`))) return []
    const kind = random.below(10)
    if (kind === 0 && !owner.startsWith('*') && !owners.some(other => isBelow(other, owner))) {
      redirected.push(owner.toLowerCase())
      return [`${owner} ${random.of(TTLS)} DNAME ${random.of(all)}`, `${owner} 300 TXT "beside a DNAME"`]
    }
    if (kind <= 3) return [`${owner} ${random.of(TTLS)} CNAME ${target()}`]
    // All types come up, since every owner takes the next ones.
    const types = Array.from({ length: 1 + random.below(4) }, () => random.of(TYPES))
    return [...new Set(types)].flatMap(type => {
      const ttl = random.of(TTLS)
      return rdatasOf(type, random, target).map(rdata => `${owner} ${ttl} ${type} ${rdata}`)
    })
  })
}

function isBelow(name: string, above: string): boolean {
  return name.toLowerCase().endsWith(`.${above.toLowerCase()}`)
}

/** Where aliases and other names in rdata lead: to names that are there, that a wildcard stands for, or that are not. */
function targetOf(random: Random, all: readonly string[]): string {
  const name = random.of(all)
  const instead = random.below(8)
  if (instead === 0) return `nothing.${name.replace('*.', '')}`
  return name.startsWith('*.') ? name.replace('*', random.of(['one', 'two.three'])) : name
}
