import { expect, test } from 'vitest'
import type { StubAnswer } from '@signpost/gateway'
import {
  type Name,
  type ResourceRecord,
  RrType,
  parseName,
  parseZoneFile,
  printRecord,
  printRrType,
} from '@signpost/dns'
import { askNames } from './ask-names.ts'
import { ASKED_AT_ONCE, ASKED_NAMES } from './limits.ts'

const domain = parseName('example.com.')

interface Server {
  readonly ask: (name: Name, type: number) => Promise<StubAnswer>
  readonly asked: string[]
}

/** A server that has the records; `failing` are questions such as `www A`. */
function serverOf(text: string, failing: readonly string[] = [], authoritative = true): Server {
  const records = parseZoneFile(`$TTL 300\n${text.replaceAll('; ', '\n')}`, { origin: domain })
  const asked: string[] = []
  const at = (name: Name): ResourceRecord[] => records.filter(record => record.name.equals(name))
  return {
    asked,
    ask: (name, type) => {
      const question = `${name.toString().replace(/\.?example\.com\.$/, '')} ${printRrType(type)}`
      asked.push(question)
      if (failing.includes(question)) return Promise.resolve({ kind: 'failed', reason: 'SERVFAIL' })
      const here = at(name)
      const found = here.filter(record => record.type === type || record.type === RrType.CNAME)
      if (found.length > 0) return Promise.resolve({ kind: 'records', records: found, authoritative })
      return Promise.resolve({ kind: here.length > 0 ? 'no-data' : 'no-name' })
    },
  }
}

function names(...texts: string[]): Name[] {
  return texts.map(text => parseName(text, domain))
}

test('a name is asked for all that it may have', async () => {
  const server = serverOf('www A 192.0.2.1; www AAAA 2001:db8::1; www TXT "x"; www NS ns.example.net.')
  const { records, failures } = await askNames({ names: names('www'), ask: server.ask })
  expect(records.map(printRecord)).toEqual([
    'www.example.com. 300 IN A 192.0.2.1',
    'www.example.com. 300 IN AAAA 2001:db8::1',
    'www.example.com. 300 IN TXT "x"',
  ])
  expect(failures).toEqual([])
  expect(server.asked).toEqual(
    ['CNAME', 'A', 'AAAA', 'MX', 'TXT', 'SRV', 'CAA', 'HTTPS', 'SVCB'].map(type => `www ${type}`),
  )
})

test('an alias is asked for nothing else', async () => {
  const server = serverOf('www CNAME cdn.example.net.')
  const { records } = await askNames({ names: names('www'), ask: server.ask, domain })
  expect(records.map(printRecord)).toEqual(['www.example.com. 300 IN CNAME cdn.example.net.'])
  expect(server.asked).toEqual(['www CNAME'])
})

test('an alias whose own question failed is seen by another one, once', async () => {
  const server = serverOf('www CNAME cdn.example.net.', ['www CNAME', 'www A'])
  const { records, failures } = await askNames({ names: names('www'), ask: server.ask })
  expect(records).toHaveLength(1)
  expect(failures.map(({ type }) => printRrType(type))).toEqual(['CNAME', 'A'])
})

test('names of the domain that records lead to are asked for too, and no others', async () => {
  const server = serverOf(`
@ MX 10 mail; @ NS ns1; @ NS ns.example.net.; www CNAME web; web A 192.0.2.1; mail A 192.0.2.2
_sip._tcp SRV 1 1 1 sip; sip A 192.0.2.3; ns1 A 192.0.2.4; forgotten A 192.0.2.5; @ HTTPS 1 web`)
  const { records, asked } = await askNames({
    names: [domain, ...names('www', '_sip._tcp')],
    ask: server.ask,
    domain,
    furtherTypes: name => (name.equals(domain) ? [RrType.NS] : []),
  })
  const owners = new Set(records.map(({ name }) => name.toString().replace('example.com.', '')))
  expect([...owners].sort()).toEqual(['', '_sip._tcp.', 'mail.', 'ns1.', 'sip.', 'web.', 'www.'])
  expect(asked.has(parseName('forgotten', domain).key)).toBe(false)
  expect(asked.has(parseName('ns.example.net.').key)).toBe(false)
})

test('aliases in a circle end', async () => {
  const server = serverOf('a CNAME b; b CNAME a')
  expect((await askNames({ names: names('a'), ask: server.ask, domain })).records).toHaveLength(2)
})

test('a failure is said, and the rest is there', async () => {
  const server = serverOf('www A 192.0.2.1; www TXT "x"', ['www A'])
  const { records, failures } = await askNames({ names: names('www', 'www'), ask: server.ask })
  expect(records.map(({ type }) => printRrType(type))).toEqual(['TXT'])
  expect(failures).toMatchObject([{ type: RrType.A, reason: 'SERVFAIL' }])
})

test('it is known which TTLs are what was left of them in a cache', async () => {
  const text = 'www A 192.0.2.1'
  const cached = async (authoritative: boolean): Promise<number> =>
    (await askNames({ names: names('www'), ask: serverOf(text, [], authoritative).ask })).cached.size
  expect(await cached(true)).toBe(0)
  expect(await cached(false)).toBe(1)
})

test('of too many names some are skipped, and that is said', async () => {
  const chain = Array.from({ length: ASKED_NAMES + 5 }, (_, n) => `n${n} CNAME n${n + 1}`).join('; ')
  const server = serverOf(chain)
  const { records, skipped } = await askNames({ names: names('n0'), ask: server.ask, domain })
  expect(records).toHaveLength(ASKED_NAMES)
  expect(skipped.map(String)).toEqual([`n${ASKED_NAMES}.example.com.`])
})

test('a server is not asked for more than a few names at once', async () => {
  let [now, most] = [0, 0]
  const ask = async (): Promise<StubAnswer> => {
    most = Math.max(most, ++now)
    await new Promise(setImmediate)
    now--
    return { kind: 'no-name' }
  }
  await askNames({ names: names(...Array.from({ length: 50 }, (_, n) => `n${n}`)), ask })
  expect(most).toBe(ASKED_AT_ONCE)
})
