import { expect, test } from 'vitest'
import { type SignRequest, signRecord, signedSize } from '@signpost/core'
import { owner } from '../zones.test-support.ts'
import { zoneDiff } from './zone-diff.ts'
import { PREVIOUS_LENGTH, printSize, sizeOfZone } from './zone-size.ts'
import { NOBODYS_ZONE, zoneOfText } from './zone-text.ts'
import { zoneWarnings } from './zone-warnings.ts'

const alice = owner(1)

function zone(text: string): ReturnType<typeof zoneOfText> {
  return zoneOfText(`$TTL 300\n${text}`, 'alice.zone', alice.zoneId)
}

function warnings(text: string): string[] {
  return zoneWarnings(zone(text), { octets: 100, limit: 10_240 })
}

test('a zone file belongs to the key that it is read for', () => {
  expect(zone('www A 192.0.2.1').sets[0]?.name.toString()).toBe(`www.${alice.zoneId}.`)
})

test('a zone file that names its zone belongs to that zone, its relative names too', () => {
  const text = `www.${alice.zoneId}. 300 A 192.0.2.1\nmail 300 A 192.0.2.2`
  const read = zoneOfText(text, 'alice.zone')
  expect(read.id).toBe(alice.zoneId)
  expect(read.sets.map(({ name }) => name.toString())).toEqual([
    `mail.${alice.zoneId}.`,
    `www.${alice.zoneId}.`,
  ])
})

test("a zone file that names no zone is read as nobody's", () => {
  expect(zoneOfText('www 300 A 192.0.2.1', 'alice.zone').id).toBe(NOBODYS_ZONE)
})

test('what is wrong with a zone is said with the names of its file', () => {
  expect(() => zoneOfText('@ 300 A 192.0.2.1\n@ 300 CNAME b\n', 'x')).toThrow(/^x: @ /)
})

test('names of two zones in one file are an error', () => {
  const text = `a.${alice.zoneId}. 300 A 192.0.2.1\nb.${owner(2).zoneId}. 300 A 192.0.2.1`
  expect(() => zoneOfText(text, 'alice.zone')).toThrow(expect.objectContaining({ code: 'INVALID_ZONE' }))
})

test('what is wrong with the text has its line', () => {
  expect(() => zone('www A 192.0.2.1\nmail A here')).toThrow(
    expect.objectContaining({ problems: [expect.stringMatching(/^line 3, column 8: /) as string] }),
  )
})

test('everything that is wrong with the zone is said, a line each', () => {
  const text = 'www A 192.0.2.1\nwww CNAME mail\nold DNAME new\nold DNAME newer\nout.example. A 192.0.2.3'
  let message = ''
  try {
    zone(text)
  } catch (error) {
    message = (error as Error).message
  }
  const lines = message.split('\n')
  expect(lines.length).toBeGreaterThan(2)
  for (const line of lines) expect(line).toMatch(/^alice\.zone: /)
})

test('an empty file is no zone', () => {
  expect(() => zone('')).toThrow(expect.objectContaining({ code: 'INVALID_ZONE' }))
})

test('the size is that of the largest record that the zone can be signed as', async () => {
  const content = zone('www A 192.0.2.1')
  const request: SignRequest = { zoneId: alice.zoneId, content, sequence: 1, expiresAt: 4_000_000_000_000 }
  const previous = await signRecord(request, alice.signer)
  const next = { ...request, sequence: Number.MAX_SAFE_INTEGER, previous }
  expect(sizeOfZone(content).octets).toBe(signedSize(next))
  expect(signedSize(next) - signedSize({ ...request, sequence: next.sequence })).toBe(PREVIOUS_LENGTH)
  expect((await signRecord(next, alice.signer)).bytes).toHaveLength(signedSize(next))
})

test('a size is printed with its share of the limit', () => {
  expect(printSize({ octets: 1024, limit: 10_240 })).toBe('1,024 of 10,240 octets (10 %)')
})

test('a target that is not in the zone is a warning, one in ordinary DNS is none', () => {
  expect(warnings('blog CNAME wwww\nwww A 192.0.2.1')).toEqual([
    'blog CNAME: there is no wwww in the zone; an ordinary name ends with a dot',
  ])
  expect(warnings('@ MX 10 mail.example.net')).toEqual([
    '@ MX: there is no mail.example.net in the zone; an ordinary name ends with a dot',
  ])
  expect(warnings('blog CNAME www.example.net.\n@ MX 10 mail.example.net.')).toEqual([])
})

test('a host that must not be an alias is a warning', () => {
  expect(warnings('@ MX 10 mail\nmail CNAME www\nwww A 192.0.2.1')).toEqual([
    '@ MX: mail is an alias (CNAME); name the host itself',
  ])
})

test('targets below a wildcard or a delegation are no warning', () => {
  expect(
    warnings('blog CNAME any.users\n*.users A 192.0.2.1\nx CNAME www.lab\nlab NS ns1.example.net.'),
  ).toEqual([])
})

test('a zone that is nearly full, or too large, is a warning', () => {
  const small = zone('www A 192.0.2.1')
  expect(zoneWarnings(small, { octets: 9_300, limit: 10_240 })).toEqual([
    expect.stringContaining('only 940 octets'),
  ])
  expect(zoneWarnings(small, { octets: 10_250, limit: 10_240 })).toEqual([
    expect.stringContaining('10 octets too many'),
  ])
})

test('a diff has what was added and what was removed, as lines of the zone file', () => {
  const before = zone('www A 192.0.2.1\nmail A 192.0.2.2\n@ TXT "two  spaces"')
  const after = zone('www A 192.0.2.1\nmail 600 A 192.0.2.2\n@ TXT "two  spaces"\nblog CNAME www')
  expect(zoneDiff(before, after)).toEqual({
    added: ['blog 300 CNAME www', 'mail 600 A 192.0.2.2'],
    removed: ['mail 300 A 192.0.2.2'],
    lines: ['+ blog 300 CNAME www', '- mail 300 A 192.0.2.2', '+ mail 600 A 192.0.2.2'],
  })
  expect(zoneDiff(before, before)).toEqual({ added: [], removed: [], lines: [] })
  expect(zoneDiff(undefined, after).removed).toEqual([])
  expect(zoneDiff(before, undefined).added).toEqual([])
  expect(zoneDiff(undefined, undefined).lines).toEqual([])
})
