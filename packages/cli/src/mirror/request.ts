import { zoneIdOfName } from '@signpost/core'
import { type Limit, type Name, parseName } from '@signpost/dns'
import { UsageError } from '../errors.ts'
import { DEFAULT_SUFFIX } from '../options.ts'
import { parseDuration, printDuration } from '../values/duration.ts'
import type { HostPort } from '../values/host-port.ts'
import { readName } from '../values/zone-name.ts'
import type { PublicationFlags } from '../publication.ts'

export interface MirrorFlags extends PublicationFlags {
  readonly key: string
  readonly from?: HostPort
  readonly file?: string
  readonly name?: readonly string[]
  readonly server?: readonly string[]
  readonly zone?: string
  readonly delegate?: readonly Delegate[]
  readonly dryRun?: boolean
  readonly watch?: boolean
  /** Milliseconds. */
  readonly every?: number
  readonly patience?: number
}

/** A label below the domain, and whose it is to be, as the user wrote both. */
export interface Delegate {
  readonly label: string
  readonly zone: string
}

/** Where the records are read. */
export type Origin =
  | { readonly kind: 'transfer'; readonly from: HostPort }
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'names'; readonly names: readonly Name[]; readonly servers: readonly string[] }

/** @throws UsageError */
export function readDomain(text: string): Name {
  const domain = readName(text)
  if (domain.isRoot) throw new UsageError('the root is nobody’s domain; name one, such as example.com')
  if (zoneIdOfName(domain) !== undefined || domain.isAtOrBelow(parseName(DEFAULT_SUFFIX)))
    throw new UsageError(`${text} is a signed zone itself; name an ordinary domain, such as example.com`)
  return domain
}

/** The zone that has the domain. @throws UsageError */
export function readZone({ zone }: MirrorFlags, domain: Name): Name {
  if (zone === undefined) return domain
  const name = readName(zone)
  if (name.isRoot || !domain.isAtOrBelow(name))
    throw new UsageError(`--zone: ${zone} does not have ${domain.toString()} in it`)
  return name
}

/** @throws UsageError for none and for several. */
export function readOrigin(flags: MirrorFlags, domain: Name): Origin {
  const { from, file, name, server } = flags
  const given = [from, file, name].filter(value => value !== undefined)
  if (given.length !== 1)
    throw new UsageError(
      `${given.length === 0 ? 'say' : 'say only once'} where the records are read: ` +
        '--from 192.0.2.53 transfers the zone, --file reads a zone file, --name www --server 192.0.2.53 asks for names',
    )
  if (flags.zone !== undefined && name !== undefined)
    throw new UsageError('--zone is for --from and --file; with --name, servers know what is where')
  if (from !== undefined) return { kind: 'transfer', from }
  if (file !== undefined) {
    if (file === '-' && flags.watch === true)
      throw new UsageError('--watch reads the file again and again; name one instead of standard input')
    return { kind: 'file', file }
  }
  if (server === undefined)
    throw new UsageError(
      '--name needs --server, the address of a DNS server to ask, or "system" for those of this machine',
    )
  return { kind: 'names', names: (name ?? []).map(text => nameBelow(text, domain)), servers: server }
}

/** `www`, `www.example.com` or `@`, for the domain example.com. @throws UsageError */
export function nameBelow(text: string, domain: Name): Name {
  if (text === '@') return domain
  const name = readName(text)
  if (name.isAtOrBelow(domain)) return name
  if (text.endsWith('.')) throw new UsageError(`${text} is not below ${domain.toString()}`)
  try {
    return parseName(name.toString().slice(0, -1), domain)
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause })
  }
}

/** @throws UsageError */
export function parseDelegate(text: string): Delegate {
  const at = text.lastIndexOf('=')
  if (at < 1 || at === text.length - 1)
    throw new UsageError(
      `"${text}" is no label with a zone; write it as shop=k51…, or shop=NAME for a key or a petname`,
    )
  return { label: text.slice(0, at), zone: text.slice(at + 1) }
}

/** The name that is handed over. @throws UsageError */
export function handedOver({ label }: Delegate, domain: Name): Name {
  const name = nameBelow(label, domain)
  if (name.equals(domain))
    throw new UsageError(`--delegate: ${label} is all of ${domain.toString()}; name a label below it`)
  return name
}

/** A duration within a limit. @throws UsageError */
export function parseDurationWithin({ min, max }: Limit): (text: string) => number {
  return text => {
    const value = parseDuration(text)
    if (value >= min && value <= max) return value
    throw new UsageError(
      `it can be ${printDuration(min)} to ${printDuration(max)}, not ${printDuration(value)}`,
    )
  }
}
