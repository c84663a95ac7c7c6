import { expect, test } from 'vitest'
import { parseName, parseZoneFile } from '@signpost/dns'
import { owner } from '../zones.test-support.ts'
import { pinName, pinRecord, pinStateOf } from './pin.ts'

const domain = parseName('example.com.')
const name = pinName(domain)
const { zoneId } = owner(1)
const other = owner(2).zoneId

function state(text: string): ReturnType<typeof pinStateOf> {
  return pinStateOf(parseZoneFile(`$TTL 300\n${text}`, { origin: domain }), name, zoneId)
}

test('the record that is to be added makes the pin right', () => {
  expect(pinRecord(domain, zoneId)).toBe(`_signpost.example.com. 3600 IN TXT "zone=${zoneId}"`)
  expect(state(pinRecord(domain, zoneId))).toEqual({ kind: 'right' })
})

test.each([
  ['nothing', '', 'absent'],
  ['texts of others', '_signpost TXT "v=1"\n_signpost TXT ""', 'absent'],
  ['a pin at another name', `www TXT "zone=${zoneId}"`, 'absent'],
  ['the pin in capital letters and two strings', `_SIGNPOST TXT "zone=" "${zoneId.toUpperCase()}"`, 'right'],
  ['the pin beside another text', `_signpost TXT "zone=${zoneId}"\n_signpost TXT "x"`, 'right'],
  ['another pin', `_signpost TXT "zone=${other}"`, 'other'],
  ['the pin and another one', `_signpost TXT "zone=${zoneId}"\n_signpost TXT "zone=${other}"`, 'other'],
  ['a pin that is none', '_signpost TXT "zone=k51"', 'other'],
])('%s', (_name, text, kind) => {
  expect(state(text)).toMatchObject({ kind })
})
