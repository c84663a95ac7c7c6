import { RrType, parseName, printRdata } from '@signpost/dns'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HostsTable } from './hosts-table.ts'
import { readHosts } from './hosts-text.ts'

const read = async (text: string): Promise<HostsTable> => readHosts(text, () => Promise.resolve())

function find(table: HostsTable, name: string, type: keyof typeof RrType = 'A'): string[] | undefined {
  return table.find(parseName(name), RrType[type])?.map(record => printRdata(record.type, record.rdata))
}

test('names of a line have its address, and several lines add up', async () => {
  const table = await read(`
# The network at home.
192.168.1.5\tnas.home.arpa  nas   # in the cellar
fd00::5 nas.home.arpa nas
192.168.1.6 nas.home.arpa
127.0.1.1 laptop
`)
  expect(find(table, 'nas')).toEqual(['192.168.1.5'])
  expect(find(table, 'NAS.Home.arpa')).toEqual(['192.168.1.5', '192.168.1.6'])
  expect(find(table, 'nas.home.arpa', 'AAAA')).toEqual(['fd00::5'])
  expect(find(table, 'nas.home.arpa', 'ANY')).toHaveLength(3)
  expect(find(table, 'laptop', 'AAAA')).toEqual([])
  expect(find(table, 'laptop', 'MX')).toEqual([])
  expect(find(table, 'x.laptop')).toBeUndefined()
  expect(table.size).toBe(3)
})

test('an address has the first name of each of its lines', async () => {
  const table = await read(
    '192.168.1.5 Nas.home.arpa nas\n192.168.1.5 files\n192.168.1.5 nas.home.arpa\nfd00::5 nas\n',
  )
  expect(find(table, '5.1.168.192.in-addr.arpa', 'PTR')).toEqual(['Nas.home.arpa.', 'files.'])
  expect(find(table, '5.1.168.192.in-addr.arpa', 'TXT')).toEqual([])
  expect(
    find(table, '5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa', 'PTR'),
  ).toEqual(['nas.'])
})

test('a list of advertisers keeps a few names for their one address', async () => {
  const lines = Array.from({ length: 10_000 }, (_, n) => `0.0.0.0 ad${n}.example`)
  const table = await read(lines.join('\r\n'))
  expect(table.size).toBe(10_000)
  expect(find(table, 'ad9999.example')).toEqual(['0.0.0.0'])
  expect(find(table, '0.0.0.0.in-addr.arpa', 'PTR')).toHaveLength(16)
})

test('what is no line of a hosts file is left out, and the others stand', async () => {
  const table = await read(
    [
      'nonsense',
      '300.1.1.1 a',
      '192.0.2.1',
      '192.0.2.2 ok bad..name ü . also-ok',
      'fe80::1%lo0 scoped',
      '::1 # nothing',
      '\u0000\u0001 b',
      '192.0.2.3 last',
    ].join('\n'),
  )
  expect(['ok', 'also-ok', 'last'].map(name => find(table, name)?.length)).toEqual([1, 1, 1])
  expect(table.size).toBe(3)
})

test('a name exists where there are names below it', async () => {
  const table = await read('192.168.1.5 a.b.home.arpa\nfd00::5 c.test\n192.0.2.1 www.example.com\n')
  const hasBelow = (name: string): boolean => table.hasBelow(parseName(name))
  for (const name of ['b.home.arpa', 'B.home.arpa', '1.168.192.in-addr.arpa', '0.d.f.ip6.arpa', 'test'])
    expect([name, hasBelow(name)]).toEqual([name, true])
  for (const name of [
    'a.b.home.arpa',
    'a.home.arpa',
    'bb.home.arpa',
    '2.168.192.in-addr.arpa',
    '1.d.f.ip6.arpa',
  ])
    expect([name, hasBelow(name)]).toEqual([name, false])
})

test('any text is read without an error', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), async text => {
      expect((await read(text)).size).toBeLessThanOrEqual(text.length)
    }),
  )
})

test('a long file lets others have their turns', async () => {
  let pauses = 0
  await readHosts('192.0.2.1 a\n'.repeat(5000), async () => {
    pauses++
  })
  expect(pauses).toBe(10)
})
