import { type Name, type Rdata, type ResourceRecord, RrClass, RrType } from '@signpost/dns'
import { reverseName } from './reverse-name.ts'
import { specialUseOf } from './special-use.ts'

/** An address of a hosts file. One object for each, however many names have it. */
export interface HostAddress {
  readonly type: typeof RrType.A | typeof RrType.AAAA
  readonly octets: Uint8Array
  /** The names that PTR gives: the first of every line with this address. */
  readonly names: Name[]
}

/** Names that PTR gives for one address; lists of advertisers have a hundred thousand for the address zero. */
const MAX_NAMES = 16
/** Seconds: the file may change at any time. */
const HOSTS_TTL = 10

/** What a hosts file says (hosts(5)). */
export class HostsTable {
  static readonly empty: HostsTable = new HostsTable()

  private readonly byName = new Map<string, HostAddress | HostAddress[]>()
  private readonly byOctets = new Map<string, HostAddress>()
  private readonly byReverse = new Map<string, HostAddress>()
  /** Names in domains that nobody else answers for, from the right, in order. */
  private inner: string[] = []
  private isSorted = true

  /** Names, not lines. */
  get size(): number {
    return this.byName.size
  }

  /** @param names of one line, its first one being the name that the address has. */
  add(type: HostAddress['type'], octets: Uint8Array, names: readonly Name[]): void {
    const [canonical] = names
    if (canonical === undefined) return
    const text = String.fromCharCode(...octets)
    const address = this.byOctets.get(text) ?? this.newAddress(text, type, octets)
    if (address.names.length < MAX_NAMES && !address.names.some(name => name.equals(canonical)))
      address.names.push(canonical)
    for (const name of names) this.addName(name, address)
  }

  /** The records of a type, none where the name has none of it; undefined for a name that is not in the file. */
  find(name: Name, type: number): ResourceRecord[] | undefined {
    const record = (rdata: Rdata, of: number): ResourceRecord => ({
      name,
      type: of,
      class: RrClass.IN,
      ttl: HOSTS_TTL,
      rdata,
    })
    const reverse = this.byReverse.get(name.key)
    if (reverse !== undefined)
      return type === RrType.PTR || type === RrType.ANY
        ? reverse.names.map(target => record({ kind: 'PTR', target }, RrType.PTR))
        : []
    const found = this.byName.get(name.key)
    if (found === undefined) return undefined
    const addresses = Array.isArray(found) ? found : [found]
    return addresses
      .filter(address => type === address.type || type === RrType.ANY)
      .map(({ type: of, octets }) => record(rdataOf(of, octets), of))
  }

  has(name: Name): boolean {
    return this.byName.has(name.key) || this.byReverse.has(name.key)
  }

  /** Whether a name in a domain of special use has names below it, and so exists (RFC 8020, section 2). */
  hasBelow(name: Name): boolean {
    if (!this.isSorted) this.inner.sort()
    this.isSorted = true
    const above = fromTheRight(name)
    let low = 0
    let high = this.inner.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.inner[middle] as string) <= above) low = middle + 1
      else high = middle
    }
    return this.inner[low]?.startsWith(above) === true
  }

  private newAddress(text: string, type: HostAddress['type'], octets: Uint8Array): HostAddress {
    const address = { type, octets, names: [] }
    const reverse = reverseName(octets)
    this.byOctets.set(text, address)
    this.byReverse.set(reverse.key, address)
    this.noteInner(reverse)
    return address
  }

  private addName(name: Name, address: HostAddress): void {
    const known = this.byName.get(name.key)
    if (known === undefined) {
      this.byName.set(name.key, address)
      this.noteInner(name)
    } else if (Array.isArray(known)) {
      if (!known.includes(address)) known.push(address)
    } else if (known !== address) {
      this.byName.set(name.key, [known, address])
    }
  }

  private noteInner(name: Name): void {
    if (specialUseOf(name) === undefined) return
    this.inner.push(fromTheRight(name))
    this.isSorted = false
  }
}

function rdataOf(type: number, octets: Uint8Array): Rdata {
  return type === RrType.A ? { kind: 'A', address: octets } : { kind: 'AAAA', address: octets }
}

/** The labels of a name from right to left, so that names below one another begin alike. */
function fromTheRight({ key }: Name): string {
  const labels: string[] = []
  for (let at = 0; at < key.length; at += key.charCodeAt(at) + 1)
    labels.push(key.slice(at, at + key.charCodeAt(at) + 1))
  return labels.toReversed().join('')
}
