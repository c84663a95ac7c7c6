import {
  type LookupResult,
  type Zone,
  apexOf,
  createZone,
  lookup,
  signerFromSeed,
  zoneIdOf,
} from '@signpost/core'
import {
  type Message,
  type Name,
  type ResourceRecord,
  RrType,
  parseName,
  parseZoneFile,
  printRecord,
  recordsOf,
} from '@signpost/dns'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hasTool } from '../../packages/dns/src/debian-tool.test-support.ts'
import { startNsd } from './nsd.ts'

const ZONES = 150
const QUESTIONS = 40
const zoneId = zoneIdOf(signerFromSeed(new Uint8Array(32).fill(9)).publicKey)
const apex = apexOf(zoneId)

// NSD wants an SOA and an NS in every zone.
const START = ['@ SOA ns.example.net. h.example.net. 1 3600 600 86400 300', '@ NS ns.example.net.']

const label = fc.constantFrom('a', 'b', 'c', '*')
const owner = fc.oneof(
  { weight: 1, arbitrary: fc.constant('@') },
  { weight: 7, arbitrary: fc.array(label, { minLength: 1, maxLength: 4 }).map(labels => labels.join('.')) },
)
const data = fc.oneof(
  { weight: 3, arbitrary: fc.nat(9).map(last => `A 192.0.2.${last}`) },
  ...['TXT "x"', 'CNAME target.example.net.', 'NS ns1.example.net.', 'DNAME d.example.net.'].map(text => ({
    weight: 1,
    arbitrary: fc.constant(text),
  })),
)
const lines = fc.array(
  fc.tuple(owner, data).map(parts => parts.join(' ')),
  { minLength: 1, maxLength: 10 },
)
const type = fc.constantFrom(
  RrType.A,
  RrType.TXT,
  RrType.CNAME,
  RrType.NS,
  RrType.DNAME,
  RrType.DS,
  RrType.SOA,
)
const questions = fc.array(fc.tuple(owner, type), { minLength: QUESTIONS, maxLength: QUESTIONS })

test.skipIf(!hasTool(['test', '-x', '/usr/sbin/nsd'], 'nsd'))(
  'a lookup finds what NSD answers, in zones of every shape',
  async () => {
    const zones = fc.sample(lines, { numRuns: ZONES, seed: 1 }).map(consistent)
    await using nsd = await startNsd(zones.map(({ text }) => text))
    const kinds = new Set<string>()
    const asked = fc.sample(questions, { numRuns: ZONES, seed: 2 })
    for (const [n, { zone, text }] of zones.entries()) {
      const origin = parseName(`z${n}.test.`)
      for (const [relative, wanted] of asked[n]!) {
        const result = lookup(zone, under(apex, relative), wanted)
        const name = under(origin, relative)
        const answer = await nsd.ask(name, wanted)
        kinds.add(result.kind)
        const question = { text, relative, wanted }
        expect({ ...question, found: ours(result) }).toEqual({
          ...question,
          found: theirs(answer, name, wanted, origin),
        })
      }
    }
    expect(kinds).toEqual(new Set(['answer', 'alias', 'redirection', 'delegation', 'no-data', 'no-name']))
  },
)

// Leaves out each record that contradicts those before it.
function consistent(records: readonly string[]): { zone: Zone; text: string } {
  const kept = [...START]
  let zone = zoneOf(START)
  for (const record of records) {
    try {
      zone = zoneOf([...kept, record])
      kept.push(record)
    } catch {
      // Not beside the others.
    }
  }
  return { zone, text: kept.join('\n') }
}

function zoneOf(records: readonly string[]): Zone {
  return createZone(zoneId, parseZoneFile(records.join('\n'), { origin: apex, defaultTtl: 300 }))
}

function under(origin: Name, relative: string): Name {
  return relative === '@' ? origin : parseName(relative, origin)
}

function ours(result: LookupResult): readonly string[] {
  const { kind } = result
  if (kind === 'answer' || kind === 'alias') return printed(recordsOf(result.set), apex)
  if (kind === 'redirection')
    return [kind, ...printed([...recordsOf(result.dname), ...recordsOf(result.set)], apex)]
  return kind === 'delegation' ? [kind, ...printed(recordsOf(result.set), apex)] : [kind]
}

function theirs(answer: Message, name: Name, wanted: number, origin: Name): readonly string[] {
  const { answers, authorities } = answer
  const [first] = answers
  if (first === undefined && answer.rcode === 3) return ['no-name']
  if (first === undefined && answer.authoritative) return ['no-data']
  if (first === undefined)
    return [
      'delegation',
      ...printed(
        authorities.filter(rr => rr.type === RrType.NS),
        origin,
      ),
    ]
  // NSD follows aliases within the zone; what follows is the next lookup's answer.
  if (first.type === RrType.DNAME && !(wanted === RrType.DNAME && first.name.equals(name)))
    return ['redirection', ...printed(answers.slice(0, 2), origin)]
  return printed(
    answers.filter(rr => rr.name.equals(name)),
    origin,
  )
}

// With the zone's own name taken off, and in an order that does not depend on it.
function printed(records: readonly ResourceRecord[], origin: Name): string[] {
  return records.map(record => printRecord(record).replaceAll(origin.toString(), '').toLowerCase()).sort()
}
