import { InvalidConfigError, parseName } from '@signpost/dns'
import { expect, test } from 'vitest'
import { anchorFor, parseTrustAnchors } from './trust-anchors.ts'

const digest = '00'.repeat(32)

test('DS records in zone-file form are anchors by zone', () => {
  const text = `
; the root's
.          3600 IN DS 1 8 2 ${digest}
.          IN DS 2 ECDSAP256SHA256 2 ( ${digest.slice(0, 8)}
                                       ${digest.slice(8)} )
corp.test. DS 3 15 4 ${'00'.repeat(48)}
`
  const anchors = parseTrustAnchors(text, 'dnssec.anchors')
  expect(anchors.map(({ zone, ds }) => [zone.toString(), ds.map(({ keyTag }) => keyTag)])).toEqual([
    ['.', [1, 2]],
    ['corp.test.', [3]],
  ])
  const nearest = (name: string): string | undefined => anchorFor(anchors, parseName(name))?.zone.toString()
  expect([nearest('a.corp.test.'), nearest('corp.test.'), nearest('test.'), nearest('.')]).toEqual([
    'corp.test.',
    'corp.test.',
    '.',
    '.',
  ])
})

test.each([
  ['nothing', '', 'there is no trust anchor; give a DS record'],
  ['another record', '. A 192.0.2.1', '. has another record than DS; give DS records alone'],
  [
    'SHA-1',
    `. DS 1 8 1 ${'00'.repeat(20)}`,
    'give one of algorithm 8, 10 or 13 to 16 and digest type 2 or 4',
  ],
  [
    'RSA with SHA-1',
    `. DS 1 5 2 ${digest}`,
    'give one of algorithm 8, 10 or 13 to 16 and digest type 2 or 4',
  ],
  ['what is no zone file', 'hello', ''],
])('%s is refused with what to do', (_, text, problem) => {
  let error: unknown
  try {
    parseTrustAnchors(text, 'dnssec.anchors')
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(InvalidConfigError)
  expect(error).toMatchObject({ code: 'INVALID_CONFIG', option: 'dnssec.anchors' })
  expect((error as Error).message).toContain(problem)
})
