import type { Stub } from '@signpost/gateway'
import { type Name, type ResourceRecord, RrType, parseZoneFile } from '@signpost/dns'
import { type FailedQuestion, askNames } from '../collecting/ask-names.ts'
import { inputName, readInput } from '../input-file.ts'
import type { Streams } from '../terminal.ts'
import { type HostPort, printHostPort } from '../values/host-port.ts'
import { InvalidZoneFileError } from '../zone/zone-text.ts'
import { Gathering, type LeftOut } from './gathering.ts'
import { pinName } from './pin.ts'
import { transferZone } from './transfer-client.ts'

/** The records of a domain, in ordinary names. */
export interface Records {
  readonly kind: 'records'
  readonly records: readonly ResourceRecord[]
  readonly leftOut: readonly LeftOut[]
  /** What stands at the name of the pin; a text where that is not known. */
  readonly pins: readonly ResourceRecord[] | string
  /** Of a zone that was transferred. */
  readonly serial?: number
  /** Of names that were asked for one by one. */
  readonly questions?: {
    readonly failures: readonly FailedQuestion[]
    readonly skipped: readonly Name[]
    /** Keys of names. */
    readonly asked: ReadonlySet<string>
    /** Keys of RRsets whose TTL is what was left of it in a cache. */
    readonly cached: ReadonlySet<string>
  }
}

export type Reading = Records | { readonly kind: 'failed'; readonly reason: string }

/** Where the records of a domain are read. */
export interface Source {
  /** For people: `the zone example.com. at 192.0.2.53:53`. */
  readonly name: string
  /** @throws for a file that is not there or cannot be read as a zone, and the reason of the signal. */
  read(signal: AbortSignal): Promise<Reading>
}

/** Asks the servers that the user has named, for as long as one reading takes. */
export type Asking = () => Promise<Stub>

export interface TransferSource {
  readonly domain: Name
  /** The zone that has the domain. */
  readonly zone: Name
  readonly from: HostPort
  /** Asks the same server. */
  readonly asking: Asking
}

/** Transfers the zone, and looks at its serial alone where that was done before. */
export function transferSource({ domain, zone, from, asking }: TransferSource): Source {
  let last: (Records & { readonly serial: number }) | undefined
  return {
    name: `the zone ${zone.toString()} at ${printHostPort(from)}`,
    async read(signal) {
      if (last !== undefined) {
        const serial = await serialOf(zone, asking)
        if (typeof serial === 'string') return { kind: 'failed', reason: serial }
        if (serial === last.serial) return last
      }
      const gathering = new Gathering(domain)
      const take = (record: ResourceRecord): boolean => gathering.take(record)
      const result = await transferZone({ from, zone, take, signal })
      if (result.kind === 'failed') return result
      last = { ...gathered(gathering), serial: result.serial }
      return last
    },
  }
}

/** Or why it is not known. */
async function serialOf(zone: Name, asking: Asking): Promise<number | string> {
  const stub = await asking()
  try {
    const answer = await stub.ask(zone, RrType.SOA)
    if (answer.kind === 'failed') return answer.reason
    const rdata = answer.kind === 'records' ? answer.records[0]?.rdata : undefined
    return rdata?.kind === 'SOA' ? rdata.serial : `the server has no SOA of ${zone.toString()} any more`
  } finally {
    stub.close()
  }
}

export interface FileSource {
  readonly domain: Name
  readonly zone: Name
  readonly file: string
  readonly streams: Streams
}

export function fileSource({ domain, zone, file, streams }: FileSource): Source {
  return {
    name: inputName(file),
    async read() {
      const text = Buffer.from(await readInput(file, streams)).toString()
      const gathering = new Gathering(domain)
      for (const record of parse(text, inputName(file), zone))
        if (!gathering.take(record)) return { kind: 'failed', reason: `${file} has too many records` }
      return gathered(gathering)
    },
  }
}

function parse(text: string, file: string, origin: Name): ResourceRecord[] {
  try {
    return parseZoneFile(text, { origin })
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause)
      throw new InvalidZoneFileError(file, [cause.message], { cause })
    throw cause
  }
}

export interface NamesSource {
  readonly domain: Name
  /** Below the domain; the domain itself is always asked for. */
  readonly names: readonly Name[]
  readonly asking: Asking
  /** The servers, as the user named them. */
  readonly servers: readonly string[]
}

export function namesSource({ domain, names, asking, servers }: NamesSource): Source {
  return {
    name: `the names given, at ${servers.join(', ')}`,
    async read() {
      const stub = await asking()
      try {
        const found = await askNames({
          names: [domain, ...names],
          domain,
          ask: async (name, type) => stub.ask(name, type),
          furtherTypes: name => (name.equals(domain) ? [RrType.NS] : []),
        })
        const gathering = new Gathering(domain)
        for (const record of found.records)
          if (!gathering.take(record)) return { kind: 'failed', reason: 'there are too many records' }
        return { ...gathered(gathering), pins: await askPins(stub, domain), questions: found }
      } finally {
        stub.close()
      }
    },
  }
}

/** What stands at the name of the pin, by asking; a text where nobody says. */
export async function askPins(stub: Stub, domain: Name): Promise<readonly ResourceRecord[] | string> {
  const answer = await stub.ask(pinName(domain), RrType.TXT)
  if (answer.kind === 'failed') return answer.reason
  return answer.kind === 'records' ? answer.records : []
}

function gathered({ records, pins, leftOut }: Gathering): Records {
  return { kind: 'records', records, pins, leftOut }
}
