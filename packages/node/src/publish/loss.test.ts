import { createZone } from '@signpost/core'
import { parseZoneFile } from '@signpost/dns'
import { apexOf } from '@signpost/core'
import { expect, test } from 'vitest'
import { createOwner } from '../engine.test-support.ts'
import { lossOf } from './loss.ts'

const owner = createOwner()
const { zoneId } = owner
const zone = (...lines: string[]) =>
  createZone(zoneId, parseZoneFile(lines.join('\n'), { origin: apexOf(zoneId), defaultTtl: 60 }))
const names = (...names: string[]) => zone(...names.map(name => `${name} A 192.0.2.1`))
const signed = (content: ReturnType<typeof zone> | 'retired') => owner.sign(3, { content })

test.each([
  [['a'], ['b'], 1],
  [['a', 'b'], ['b'], undefined],
  [['a', 'b'], ['c'], 2],
  [['a', 'b', 'c'], ['a', 'b'], undefined],
  [['a', 'b', 'c'], ['a', 'x', 'y', 'z'], 2],
  [['a', 'b', 'c', 'd'], ['a', 'b'], undefined],
  [['a', 'b', 'c', 'd'], ['a'], 3],
])(
  'of %j to %j is refused where more than half is lost, small zones included',
  async (before, after, lost) => {
    const error = lossOf(await signed(names(...before)), names(...after))
    expect(error?.lost).toBe(lost)
  },
)

test('names the version, counts the RRsets and shows what changes', async () => {
  const error = lossOf(await signed(names('a', 'b', 'c')), names('a', 'x'))
  expect(error).toMatchObject({
    code: 'ZONE_LOSS',
    zoneId,
    sequence: 3,
    lost: 2,
    of: 3,
    diff: ['- b 60 A 192.0.2.1', '- c 60 A 192.0.2.1', '+ x 60 A 192.0.2.1'],
    message: expect.stringMatching(/take away 2 of the 3 RRsets in sequence 3.*with force/),
  })
})

test('an RRset that changes is not lost, and a type more at a name is another RRset', async () => {
  const before = await signed(zone('a A 192.0.2.1', 'b A 192.0.2.2'))
  expect(lossOf(before, zone('a A 192.0.2.9', 'b A 192.0.2.8'))).toBeUndefined()
  expect(lossOf(before, zone('a TXT "x"', 'b TXT "y"'))?.lost).toBe(2)
})

test('nothing is lost from nothing, nor from a zone that was retired', async () => {
  expect(lossOf(undefined, names('a'))).toBeUndefined()
  expect(lossOf(await signed('retired'), names('a'))).toBeUndefined()
})
