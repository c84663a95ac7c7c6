import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type SignedRecord,
  apexOf,
  compareRecords,
  createZone,
  decodeRecord,
  decodeZone,
  encodeZone,
  isEquivocation,
  lookup,
  parseZoneId,
  portableVerifier,
  publicKeyOf,
  routingKeyOf,
  signRecord,
  signerFromSeed,
  verifyRecord,
  zoneIdFromText,
  zoneIdOf,
  zoneRecords,
} from '@signpost/core'
import { type RrSet, parseName, parseRrType, parseZoneFile, printRecord, recordsOf } from '@signpost/dns'
import { expect, test } from 'vitest'
import { allVectors } from './generate.ts'
import type { KeyVectors } from './keys.ts'
import type { LookupVectors } from './lookups.ts'
import { fromHex, hex } from './octets.ts'
import type { RecordVectors } from './records.ts'
import type { SelectionVectors } from './selection.ts'
import type { VerdictVectors } from './verdicts.ts'

async function load<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(join(import.meta.dirname, file), 'utf8')) as T
}

const { keys, invalidZoneIds } = await load<KeyVectors>('keys.json')
const { records } = await load<RecordVectors>('records.json')
const { verdicts } = await load<VerdictVectors>('verdicts.json')
const { pairs } = await load<SelectionVectors>('selection.json')
const { zones } = await load<LookupVectors>('lookups.json')

test('the files are what generate.ts writes: run it after a change that is meant', async () => {
  const generated = await allVectors()
  for (const [file, vectors] of Object.entries(generated))
    expect({ file, vectors: await load(file) }).toEqual({
      file,
      vectors: JSON.parse(JSON.stringify(vectors)),
    })
})

test.each(keys)('key: $zoneId', ({ seed, publicKey, zoneId, dhtKey }) => {
  expect(hex(signerFromSeed(fromHex(seed)).publicKey)).toBe(publicKey)
  expect(zoneIdOf(fromHex(publicKey))).toBe(zoneId)
  const id = parseZoneId(zoneId.toUpperCase())
  expect(id).toBe(zoneId)
  expect(hex(publicKeyOf(id))).toBe(publicKey)
  expect(hex(routingKeyOf(id))).toBe(dhtKey)
})

test.each(invalidZoneIds)('no zone ID: $why', ({ text }) => {
  expect(zoneIdFromText(text)).toBeUndefined()
  expect(() => parseZoneId(text)).toThrow(/is no zone ID/)
})

test.each(records)('record: $name', async vector => {
  const signer = signerFromSeed(fromHex(vector.seed))
  const zoneId = parseZoneId(vector.zoneId)
  const replaced = records.find(({ name }) => name === vector.previous)
  const previous = replaced && decodeRecord(zoneId, fromHex(replaced.record))
  const zone = vector.zone === null ? undefined : createZone(zoneId, read(vector.zone, vector.zoneId))
  if (zone !== undefined) {
    expect(zoneRecords(zone).map(printRecord)).toEqual(vector.zoneRecords)
    expect(hex(encodeZone(zone))).toBe(vector.payload)
    expect(zoneRecords(decodeZone(zoneId, fromHex(vector.payload!))).map(printRecord)).toEqual(
      vector.zoneRecords,
    )
  }
  const { sequence, ttl, value } = vector
  const expiresAt = Date.parse(vector.validity)
  const request = { zoneId, content: zone ?? ('retired' as const), sequence, ttl, value, expiresAt }
  const signed = await signRecord(previous === undefined ? request : { ...request, previous }, signer)
  expect(hex(signed.data)).toBe(vector.data)
  expect(hex(signed.signature)).toBe(vector.signature)
  expect(hex(signed.bytes)).toBe(vector.record)
})

test.each(verdicts)('verdict: $name: $verdict', async ({ zoneId, record, now, verdict, canonical }) => {
  const context = { verifier: portableVerifier, now }
  const found = await verifyRecord(parseZoneId(zoneId), fromHex(record), context)
  expect(found.kind === 'valid' ? 'valid' : found.error.code).toBe(verdict)
  expect(found.kind === 'invalid' ? null : hex(found.record.bytes)).toBe(canonical)
})

test.each(pairs)('selection: $name', ({ winner, loser, equivocation }) => {
  const zoneId = parseZoneId(keys[0]!.zoneId)
  const [one, other] = [winner, loser].map(bytes => decodeRecord(zoneId, fromHex(bytes))) as [
    SignedRecord,
    SignedRecord,
  ]
  expect(compareRecords(one, other)).toBe(1)
  expect(compareRecords(other, one)).toBe(-1)
  expect(isEquivocation(one, other)).toBe(equivocation)
})

test.each(zones.flatMap(({ lookups, ...zone }) => lookups.map(question => ({ ...zone, question }))))(
  'lookup in $name: $question.name $question.type: $question.outcome',
  ({ zoneId, zone, question }) => {
    const id = parseZoneId(zoneId)
    const apex = apexOf(id)
    const name = question.name === '@' ? apex : parseName(question.name, apex)
    const result = lookup(createZone(id, read(zone, zoneId)), name, parseRrType(question.type)!)
    expect(result.kind).toBe(question.outcome)
    expect('set' in result ? lines(result.set) : []).toEqual(question.records)
    expect('dname' in result ? lines(result.dname) : undefined).toEqual(question.dname)
    expect(result.kind === 'delegation' ? result.glue.flatMap(lines) : undefined).toEqual(question.glue)
  },
)

function lines(set: RrSet): string[] {
  return recordsOf(set).map(printRecord)
}

function read(zone: string, zoneId: string): ReturnType<typeof parseZoneFile> {
  return parseZoneFile(zone, { origin: parseName(`${zoneId}.`), defaultTtl: 300 })
}
