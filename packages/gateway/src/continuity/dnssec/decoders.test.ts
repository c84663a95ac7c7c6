import { generateKeyPairSync, sign } from 'node:crypto'
import { Name, RrClass, RrType, type ResourceRecord, parseName } from '@signpost/dns'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyName } from '../../../../dns/src/arbitraries.test-support.ts'
import { isSignedBy } from './algorithms.ts'
import { base32Hex, bitmapOf, nsecRecord } from './model.test-support.ts'
import { decodeNsec, evidenceOfNsec } from './nsec.ts'
import { decodeNsec3, evidenceOfNsec3, hashName, parseBase32Hex } from './nsec3.ts'
import { lastLabels, readName } from './octets.ts'
import { decodeRrsig, secondsValid } from './rrsig.ts'
import { SignedSets } from './signed-set.ts'
import { readTypes } from './type-bitmap.ts'
import { keyTagOf } from './zone-keys.ts'

const octets = fc.uint8Array({ maxLength: 80 })
const u32 = fc.nat(0xffffffff)

const within = (now: number, inception: number, expiration: number): number =>
  secondsValid({ inception, expiration } as Parameters<typeof secondsValid>[0], now)

function writeTypes(types: readonly number[]): Uint8Array {
  const windows = [...new Set(types.map(type => type >> 8))].sort((a, b) => a - b)
  return Buffer.concat(
    windows.map(window => {
      const bits = new Uint8Array(32)
      for (const type of types) if (type >> 8 === window) bits[(type & 0xff) >> 3]! |= 0x80 >> (type & 7)
      const length = bits.findLastIndex(byte => byte !== 0) + 1
      return Buffer.concat([Uint8Array.of(window, length), bits.subarray(0, length)])
    }),
  )
}

const plain = (octets: Uint8Array | undefined): number[] => [...(octets ?? [])]

const hashText = (name: string): string =>
  base32Hex(hashName(parseName(name), Buffer.from('aabbccdd', 'hex'), 12))

const spanOf = (owner: number, next: number): Parameters<typeof evidenceOfNsec3>[0][number] => ({
  owner: new Uint8Array(20).fill(owner),
  next: new Uint8Array(20).fill(next),
  optOut: false,
  iterations: 0,
  salt: new Uint8Array(),
  types: new Set(),
})

const txt = (name: string, string: string): ResourceRecord => ({
  name: parseName(name),
  type: RrType.TXT,
  class: RrClass.IN,
  ttl: 300,
  rdata: { kind: 'TXT', strings: [Buffer.from(string)] },
})

describe('names in rdata', () => {
  test('are read back, wherever they stand', () => {
    fc.assert(
      fc.property(octets, anyName, octets, (before, name, behind) => {
        const read = readName(Buffer.concat([before, name.wire, behind]), before.length)
        expect(read?.toString()).toBe(name.toString())
      }),
    )
  })

  test('are none where they are cut off, compressed or too long', () => {
    fc.assert(
      fc.property(anyName, fc.nat(), (name, at) => {
        expect(readName(name.wire.subarray(0, at % name.wire.length), 0)).toBeUndefined()
      }),
    )
    expect(readName(Uint8Array.of(0xc0, 0), 0)).toBeUndefined()
    const label = Buffer.concat([Uint8Array.of(63), Buffer.alloc(63, 97)])
    expect(readName(Buffer.concat([label, label, label, label, Uint8Array.of(0)]), 0)).toBeUndefined()
  })

  test('have as many last labels as are asked for', () => {
    const name = parseName('a.b.c.')
    expect([0, 1, 3].map(count => lastLabels(name, count).toString())).toEqual(['.', 'c.', 'a.b.c.'])
  })
})

describe('RRSIG', () => {
  const fields = fc.record({
    head: fc.uint8Array({ minLength: 18, maxLength: 18 }),
    signer: anyName,
    signature: fc.uint8Array({ minLength: 1, maxLength: 100 }),
  })

  test('is read as it is written', () => {
    fc.assert(
      fc.property(fields, ({ head, signer, signature }) => {
        const rrsig = decodeRrsig(Buffer.concat([head, signer.wire, signature]))
        const view = Buffer.from(head)
        expect(rrsig).toMatchObject({
          typeCovered: view.readUInt16BE(0),
          algorithm: view[2],
          labels: view[3],
          originalTtl: view.readUInt32BE(4),
          expiration: view.readUInt32BE(8),
          inception: view.readUInt32BE(12),
          keyTag: view.readUInt16BE(16),
        })
        expect(rrsig?.signer.equals(signer)).toBe(true)
        expect(Buffer.from(rrsig?.signature ?? [])).toEqual(Buffer.from(signature))
        expect(Buffer.from(rrsig?.signedHead ?? []).toString('latin1')).toBe(
          view.toString('latin1') + signer.key,
        )
      }),
    )
  })

  test('is none where octets are missing', () => {
    fc.assert(
      fc.property(fields, fc.nat(), ({ head, signer }, at) => {
        const whole = Buffer.concat([head, signer.wire])
        expect(decodeRrsig(whole.subarray(0, at % (whole.length + 1)))).toBeUndefined()
      }),
    )
  })

  test('is valid between its times, also where they wrap around', () => {
    fc.assert(
      fc.property(u32, fc.nat(0x3fffffff), fc.nat(0x3fffffff), (inception, before, behind) => {
        const now = inception + before
        const expiration = (now + behind) % 2 ** 32
        expect(within(now, inception, expiration)).toBe(behind)
        expect(within(now + behind + 1, inception, expiration)).toBeLessThan(0)
        expect(within(inception - 1, inception, expiration)).toBeLessThan(0)
      }),
    )
  })
})

describe('type bitmaps', () => {
  test('are read as they are written', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(0xffff), { maxLength: 30 }), types => {
        expect([...(readTypes(writeTypes(types), 0) ?? [])].sort((a, b) => a - b)).toEqual(
          types.toSorted((a, b) => a - b),
        )
      }),
    )
  })

  test.each([
    ['a window without a length', [0]],
    ['an empty window', [0, 0]],
    ['a window of 33 octets', [0, 33, ...Array<number>(33).fill(1)]],
    ['a window that is cut off', [0, 2, 1]],
    ['a window twice', [0, 1, 1, 0, 1, 1]],
    ['windows in the wrong order', [1, 1, 1, 0, 1, 1]],
  ])('with %s are none', (_, list) => {
    expect(readTypes(Uint8Array.from(list), 0)).toBeUndefined()
  })
})

describe('NSEC and NSEC3', () => {
  test('are records or none, whatever their octets', () => {
    fc.assert(
      fc.property(anyName, octets, (owner, bytes) => {
        const rdata = { kind: 'UNKNOWN', octets: bytes } as const
        expect(() => [
          decodeNsec(owner, rdata),
          decodeNsec3(owner, rdata, owner.parent),
          decodeRrsig(bytes),
          readTypes(bytes, 0),
        ]).not.toThrow()
      }),
    )
  })

  const nsec3 = fc.record({
    owner: fc.uint8Array({ minLength: 20, maxLength: 20 }),
    next: fc.uint8Array({ minLength: 20, maxLength: 20 }),
    salt: fc.uint8Array({ maxLength: 255 }),
    iterations: fc.nat(0xffff),
    optOut: fc.boolean(),
  })
  const zone = parseName('example.')
  const write = (
    { owner, next, salt, iterations, optOut }: typeof nsec3 extends fc.Arbitrary<infer R> ? R : never,
    changes: { algorithm?: number; flags?: number; hashLength?: number } = {},
  ): [Name, { kind: 'UNKNOWN'; octets: Uint8Array }] => {
    const { algorithm = 1, flags = optOut ? 1 : 0, hashLength = 20 } = changes
    const head = [algorithm, flags, iterations >> 8, iterations & 0xff, salt.length]
    const octets = Buffer.concat([Buffer.from(head), salt, Uint8Array.of(hashLength), next, bitmapOf(['A'])])
    return [zone.prepend(Buffer.from(base32Hex(owner).toUpperCase())), { kind: 'UNKNOWN', octets }]
  }

  test('are read as they are written', () => {
    fc.assert(
      fc.property(nsec3, fields => {
        const read = decodeNsec3(...write(fields), zone)
        expect(
          read && { ...read, owner: plain(read.owner), next: plain(read.next), salt: plain(read.salt) },
        ).toEqual({
          ...fields,
          owner: plain(fields.owner),
          next: plain(fields.next),
          salt: plain(fields.salt),
          types: new Set([1]),
        })
      }),
    )
  })

  test('are none with another hash, other flags, another length or in another zone', () => {
    fc.assert(
      fc.property(nsec3, fields => {
        expect(decodeNsec3(...write(fields, { algorithm: 2 }), zone)).toBeUndefined()
        expect(decodeNsec3(...write(fields, { flags: 2 }), zone)).toBeUndefined()
        expect(decodeNsec3(...write(fields, { hashLength: 19 }), zone)).toBeUndefined()
        expect(decodeNsec3(...write(fields), Name.root)).toBeUndefined()
        expect(decodeNsec3(...write(fields), parseName('elpmaxe.'))).toBeUndefined()
        const [name, rdata] = write(fields)
        expect(decodeNsec3(zone.prepend(name.labels[0]!.subarray(1)), rdata, zone)).toBeUndefined()
      }),
    )
  })

  test('have hashes in base 32', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), bytes => {
        expect(Buffer.from(parseBase32Hex(base32Hex(bytes)) ?? [])).toEqual(Buffer.from(bytes))
      }),
    )
    expect(parseBase32Hex('w')).toBeUndefined()
  })

  test('hash names as RFC 5155, appendix A does', () => {
    expect(hashText('example.')).toBe('0p9mhaveqvm6t7vbl5lop2u3t2rp3tom')
    expect(hashText('*.W.example.')).toBe('r53bq7cc2uvmubfu5ocmm6pers9tk9en')
  })
})

describe('an NSEC span', () => {
  const apex = parseName('example.')
  const absence = (owner: string, next: string, name: string, types = ['A']): unknown => {
    const record = nsecRecord(owner, next, types)
    const nsec = decodeNsec(record.name, record.rdata)
    const found = evidenceOfNsec(nsec === undefined ? [] : [nsec], apex).absenceOf(parseName(name))
    return found?.kind === 'absent' ? found.encloser.toString() : found?.kind
  }

  test.each([
    ['b.example.', 'd.example.', 'c.example.', 'example.'],
    ['b.example.', 'd.example.', 'x.b.example.', 'b.example.'],
    ['b.example.', 'x.c.d.example.', 'y.d.example.', undefined],
    ['b.example.', 'x.z.d.example.', 'y.d.example.', 'd.example.'],
    ['b.example.', 'x.c.d.example.', 'd.example.', 'empty'],
    ['b.example.', 'd.example.', 'b.example.', undefined],
    ['b.example.', 'd.example.', 'd.example.', undefined],
    ['b.example.', 'd.example.', 'e.example.', undefined],
    ['b.example.', 'd.example.', 'a.example.', undefined],
    ['d.example.', 'example.', 'e.example.', 'example.'],
    ['d.example.', 'example.', 'c.example.', undefined],
    ['example.', 'example.', 'c.example.', 'example.'],
    ['b.example.', 'd.test.', 'c.example.', undefined],
  ])('from %s to %s over %s has the closest encloser %s', (owner, next, name, encloser) => {
    expect(absence(owner, next, name)).toBe(encloser)
  })

  test('says nothing of what its owner hands away', () => {
    expect(absence('b.example.', 'd.example.', 'x.b.example.', ['NS'])).toBeUndefined()
    expect(absence('b.example.', 'd.example.', 'x.b.example.', ['DNAME'])).toBeUndefined()
    expect(absence('b.example.', 'd.example.', 'x.b.example.', ['NS', 'SOA'])).toBe('b.example.')
    expect(absence('b.example.', 'd.example.', 'c.example.', ['NS'])).toBe('example.')
  })
})

test('the circle of hashes has no end', () => {
  const zone = parseName('example.')
  const name = parseName('a.example.')
  const [first = 0] = hashName(name, new Uint8Array(), 0)
  const isAbsent = (owner: number, next: number): boolean =>
    evidenceOfNsec3([spanOf(owner, next)], zone).absenceBelow(name, zone) !== undefined
  expect(isAbsent(first - 1, first + 1)).toBe(true)
  expect(isAbsent(first + 1, first + 2)).toBe(false)
  expect(isAbsent(first + 1, first - 1)).toBe(false)
  expect(isAbsent(first + 2, first + 1)).toBe(true)
  expect(isAbsent(first - 1, first - 2)).toBe(true)
  expect(isAbsent(first - 1, first - 1)).toBe(true)
})

test('a key has the tag that RFC 4034, section 5.4 gives it', () => {
  const key =
    'AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw=='
  expect(keyTagOf(Buffer.concat([Buffer.from([1, 0, 3, 5]), Buffer.from(key, 'base64')]))).toBe(60_485)
})

test('whatever octets claim to be a key or a signature, nothing is signed by it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(20),
      fc.uint8Array({ maxLength: 140 }),
      octets,
      octets,
      async (algorithm, key, data, signature) => {
        expect(await isSignedBy(algorithm, key, data, signature)).toBe(false)
      },
    ),
    { numRuns: 500 },
  )
})

const signature = (signer: string): ResourceRecord => {
  const head = Buffer.alloc(18)
  head.writeUInt16BE(RrType.TXT)
  const octets = Buffer.concat([head, parseName(signer).wire, Uint8Array.of(1)])
  return { ...txt('a.test.', ''), type: RrType.RRSIG, rdata: { kind: 'UNKNOWN', octets } }
}

test('RSA keys are neither short enough to be found out nor longer than there are', async () => {
  const data = Buffer.from('data')
  const check = async (
    bits: number,
    zeros: { exponent?: number; modulus?: number } = {},
  ): Promise<boolean> => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: bits })
    const { e = '', n = '' } = publicKey.export({ format: 'jwk' })
    const exponent = Buffer.concat([Buffer.alloc(zeros.exponent ?? 0), Buffer.from(e, 'base64url')])
    const modulus = Buffer.concat([Buffer.alloc(zeros.modulus ?? 0), Buffer.from(n, 'base64url')])
    const key = Buffer.concat([Uint8Array.of(exponent.length), exponent, modulus])
    return isSignedBy(8, key, data, sign('sha256', data, privateKey))
  }
  expect(await check(1024)).toBe(true)
  expect(await check(768)).toBe(false)
  expect(await check(1024, { exponent: 5 })).toBe(true)
  expect(await check(1024, { exponent: 6 })).toBe(false)
  expect(await check(1024, { modulus: 384 })).toBe(true)
  expect(await check(1024, { modulus: 385 })).toBe(false)
})

test('an RRset has each record once, in canonical order, and its signatures alone', () => {
  const sets = new SignedSets([
    txt('a.test.', 'bb'),
    txt('A.test.', 'b'),
    { ...txt('a.TEST.', 'bb'), ttl: 20 },
    { ...txt('a.test.', 'c'), class: RrClass.CH },
    txt('b.test.', 'd'),
    ...['a.test.', 'test.', '.', 'b.test.', 'x.a.test.'].map(signature),
  ])
  const set = sets.find(parseName('a.test.'), RrType.TXT)
  expect(set?.canonicalRdatas.map(rdata => Buffer.from(rdata).toString('latin1'))).toEqual([
    '\u0001b',
    '\u0002bb',
  ])
  expect(set?.ttl).toBe(20)
  expect(set?.signatures.map(({ signer }) => signer.toString())).toEqual(['a.test.', 'test.', '.'])
})
