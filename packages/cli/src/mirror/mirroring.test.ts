import { describe, expect, test } from 'vitest'
import { type Zone, apexOf } from '@signpost/core'
import { type ResourceRecord, RrType, parseName, parseRrType, parseZoneFile } from '@signpost/dns'
import { judge } from '../collecting/judgement.ts'
import { setKey } from '../collecting/set-key.ts'
import { owner } from '../zones.test-support.ts'
import { decisiveFailures, lookOf } from './mirroring.ts'
import type { Records } from './source.ts'

const domain = parseName('example.com.')
const { zoneId } = owner(1)
const mirroring = { domain, zoneId, handovers: [] }

function records(text: string): ResourceRecord[] {
  return parseZoneFile(`$TTL 300\n${text.replaceAll('; ', '\n')}`, { origin: domain })
}

/** What was read of names, one by one. `failing` are questions such as `www A`. */
function asked(names: string, text: string, failing: readonly string[] = []): Records {
  return {
    kind: 'records',
    records: records(text),
    leftOut: [],
    pins: [],
    questions: {
      failures: failing.map(question => {
        const [name = '', type = ''] = question.split(' ')
        return { name: parseName(name, domain), type: parseRrType(type)!, reason: 'SERVFAIL' }
      }),
      skipped: [],
      asked: new Set(names.split(' ').map(name => parseName(name, domain).key)),
      cached: new Set(records(text).map(setKey)),
    },
  }
}

function after(standing: Zone, reading: Records): string[] {
  const { content } = judge(lookOf(mirroring, reading, standing).look, {
    standing,
    doubts: new Map(),
    now: 0,
    patience: 0,
    longestGap: 0,
    confirmed: false,
  })
  return content!.sets.map(({ name }) => String.fromCharCode(...name.labels[0]!))
}

describe('where questions fail', () => {
  const full = 'mail A 192.0.2.2; other A 192.0.2.3; web A 192.0.2.1; www CNAME web'
  const standing = lookOf(mirroring, asked('www web mail other', full), undefined).zone!

  test('what they were about stays, and what is denied goes', () => {
    const reading = asked('www web mail other', 'www CNAME web; other A 192.0.2.3', ['web A'])
    expect(after(standing, reading)).toEqual(['other', 'web', 'www'])
  })

  test('a name that only the missing answer leads to is not taken for gone', () => {
    const reading = asked('www mail other', 'mail A 192.0.2.2; other A 192.0.2.3', ['www CNAME', 'www A'])
    expect(after(standing, reading)).toEqual(['mail', 'other', 'web', 'www'])
  })

  test('a name that nobody asks for any more is gone where all is answered', () => {
    const reading = asked('www web other', 'www CNAME web; web A 192.0.2.1; other A 192.0.2.3')
    expect(after(standing, reading)).toEqual(['other', 'web', 'www'])
  })

  test('those that every server ought to answer keep a first version from being published', () => {
    const reading = asked('www', 'www A 192.0.2.1', ['www HTTPS', 'www AAAA', 'www SVCB', 'www CAA'])
    expect(decisiveFailures(reading).map(({ type }) => type)).toEqual([RrType.AAAA])
  })
})

test('TTLs that run down in a cache are no change', () => {
  const standing = lookOf(mirroring, asked('www', 'www 300 A 192.0.2.1'), undefined).zone!
  const { zone } = lookOf(mirroring, asked('www', 'www 120 A 192.0.2.1'), standing)
  expect(zone?.apex.equals(apexOf(zoneId))).toBe(true)
  expect(zone?.sets[0]?.ttl).toBe(300)
})
