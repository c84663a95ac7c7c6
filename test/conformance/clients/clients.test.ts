import { X509Certificate, createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasTool } from '../../../packages/dns/src/debian-tool.test-support.ts'
import { namespaceProblem } from '../../interop/namespace.ts'
import { Machine } from './machine.ts'

const ZONE = `$TTL 300
www A 127.0.0.1
alias CNAME www
ordinary CNAME www.cases.example.net.
text TXT "hello, clients"
_sip._tcp SRV 10 20 5060 www
@ MX 10 www
xn--bcher-kva A 192.0.2.7
${Array.from({ length: 90 }, (_, n) => `big A 198.51.100.${n}`).join('\n')}
`
const PAGE = '<!doctype html><title>found by name</title>'
const PYTHON = '/usr/bin/python3'
const CHROMIUM = '/usr/bin/chromium'

const problem = namespaceProblem()
if (problem !== undefined) console.warn(`tests are skipped: ${problem}`)
const tools = [
  hasTool(['/usr/sbin/nsd', '-v'], 'nsd'),
  hasTool([PYTHON, '-c', 'import dns.resolver'], 'python3-dnspython'),
  hasTool(['curl', '-V'], 'curl'),
  hasTool(['openssl', 'version'], 'openssl'),
]

function readZone(name: string): Promise<string> {
  return readFile(new URL(`../zones/${name}.zone`, import.meta.url), 'utf8')
}

function lines(text: string): string[] {
  return text.trim().split('\n').sort()
}

describe.skipIf(problem !== undefined || tools.includes(false))(
  'on a machine whose only DNS server is a gateway',
  () => {
    let machine: Machine
    let origin: string
    beforeAll(async () => {
      const ordinary = [
        { origin: '.', text: await readZone('root') },
        { origin: 'cases.example.net.', text: await readZone('cases') },
      ]
      machine = await Machine.start(ZONE, ordinary, PAGE)
      origin = machine.origin
    })
    afterAll(async () => {
      await machine[Symbol.asyncDispose]()
    })

    describe.skipIf(!hasTool(['dig', '-v'], 'bind9-dnsutils'))('dig and nslookup', () => {
      test('dig finds names of the zone and ordinary ones, over UDP and TCP', async () => {
        for (const transport of ['+notcp', '+tcp']) {
          expect(await machine.run('dig', '+short', transport, '@127.0.0.1', `alias.${origin}`)).toBe(
            `www.${origin}.\n127.0.0.1\n`,
          )
          expect(await machine.run('dig', '+short', transport, '@127.0.0.1', 'www.cases.example.net')).toBe(
            '192.0.2.1\n',
          )
        }
      })

      test('dig comes back over TCP for what UDP cannot take', async () => {
        const all = await machine.run('dig', '@127.0.0.1', `big.${origin}`)
        expect(all).toContain('Truncated, retrying in TCP mode')
        expect(all).toContain('ANSWER: 90')
        expect(await machine.run('dig', '+ignore', '@127.0.0.1', `big.${origin}`)).toMatch(/flags:.* tc/)
      })

      test("dig takes the gateway's cookie for a good one the second time", async () => {
        const cookie = /COOKIE: (\w+)/.exec(await machine.run('dig', '@127.0.0.1', `www.${origin}`))?.[1]
        const again = await machine.run('dig', `+cookie=${cookie}`, '@127.0.0.1', `www.${origin}`)
        expect(again).toContain(`COOKIE: ${cookie} (good)`)
      })

      test('nslookup takes the C library’s server', async () => {
        const said = await machine.runWithResolver('nslookup', '-type=MX', origin)
        expect(said).toContain(`mail exchanger = 10 www.${origin}.`)
      })
    })

    test.skipIf(!hasTool(['kdig', '--version'], 'knot-dnsutils')).each([
      ['UDP', '+edns', 'udp'],
      ['TCP', '+tcp', 'tcp'],
      ['TLS', '+tls', 'tls'],
      ['HTTPS by POST', '+https', 'https'],
      ['HTTPS by GET', '+https-get', 'https'],
    ] as const)('kdig finds names over %s', async (_, flag, transport) => {
      const before = await machine.queriesOver(transport)
      const flags = flag === '+https-get' ? ['+https', '+https-get'] : [flag]
      expect(await machine.run('kdig', '+short', ...flags, '@127.0.0.1', `text.${origin}`, 'TXT')).toBe(
        '"hello, clients"\n',
      )
      expect(
        lines(await machine.run('kdig', '+short', ...flags, '@127.0.0.1', `big.${origin}`)),
      ).toHaveLength(90)
      expect(await machine.queriesOver(transport)).toBeGreaterThan(before)
    })

    test.skipIf(!hasTool(['drill', '-v'], 'ldnsutils')).each(['-u', '-t'])(
      'drill %s finds names',
      async flag => {
        const said = await machine.run('drill', flag, '-Q', `_sip._tcp.${origin}`, 'SRV', '@127.0.0.1')
        expect(said.trim()).toBe(`10 20 5060 www.${origin}.`)
      },
    )

    describe('the C library', () => {
      test('getent finds names of the zone and ordinary ones', async () => {
        expect(await machine.runWithResolver('getent', 'hosts', `alias.${origin}`)).toMatch(
          new RegExp(`^127\\.0\\.0\\.1 +www\\.${origin} alias\\.${origin}\n$`),
        )
        expect(await machine.runWithResolver('getent', 'ahostsv4', 'www.cases.example.net')).toMatch(
          /^192\.0\.2\.1 +STREAM/,
        )
        const addresses = await machine.runWithResolver('getent', 'ahostsv4', `big.${origin}`)
        expect(addresses.match(/STREAM/g)).toHaveLength(90)
      })

      test('getent says of what does not exist that it does not', async () => {
        const failed = machine.runWithResolver('getent', 'hosts', `nothing.${origin}`)
        await expect(failed).rejects.toMatchObject({ code: 2 })
      })

      test.each([
        '',
        'options edns0 trust-ad',
        'options use-vc',
        'options single-request-reopen',
        'options no-aaaa',
      ])('getaddrinfo follows an alias out of the zone, with "%s" in resolv.conf', async options => {
        await writeFile(join(machine.directory, 'resolv.conf'), `nameserver 127.0.0.1\n${options}\n`)
        const program = `import socket; print(sorted({a[4][0] for a in socket.getaddrinfo('ordinary.${origin}', 80)}))`
        const found = options.includes('no-aaaa') ? "['192.0.2.1']\n" : "['192.0.2.1', '2001:db8::1']\n"
        expect(await machine.runWithResolver(PYTHON, '-c', program)).toBe(found)
      })
    })

    test('dnspython finds records of several types, over UDP, TCP and TLS', async () => {
      const program = `
import dns.message, dns.query, dns.resolver, ssl
resolver = dns.resolver.Resolver(configure=False)
resolver.nameservers = ['127.0.0.1']
print(resolver.resolve('text.${origin}', 'TXT')[0])
print(resolver.resolve('_sip._tcp.${origin}', 'SRV')[0].port)
print(len(resolver.resolve('big.${origin}', 'A')))
try:
    resolver.resolve('nothing.${origin}', 'A')
except dns.resolver.NXDOMAIN:
    print('NXDOMAIN')
try:
    resolver.resolve('www.${origin}', 'MX')
except dns.resolver.NoAnswer:
    print('NoAnswer')
query = dns.message.make_query('xn--bcher-kva.${origin}', 'A', use_edns=0, pad=128)
context = ssl._create_unverified_context()
print(dns.query.tcp(query, '127.0.0.1').answer[0][0])
print(dns.query.tls(query, '127.0.0.1', ssl_context=context).answer[0][0])
`
      expect(lines(await machine.run(PYTHON, '-c', program))).toEqual(
        ['"hello, clients"', '5060', '90', 'NXDOMAIN', 'NoAnswer', '192.0.2.7', '192.0.2.7'].sort(),
      )
    })

    test('c-ares, which is what Node asks with, finds records of several types', async () => {
      const program = `
const { Resolver } = require('node:dns').promises
const resolver = new Resolver()
resolver.setServers(['127.0.0.1'])
const ask = async () => {
  console.log(JSON.stringify([
    await resolver.resolve4('alias.${origin}'),
    (await resolver.resolve4('big.${origin}')).length,
    await resolver.resolveMx('${origin}'),
    await resolver.resolveTxt('text.${origin}'),
    await resolver.resolve6('www.${origin}').catch(error => error.code),
    await resolver.resolve4('nothing.${origin}').catch(error => error.code),
  ]))
}
ask()`
      expect(JSON.parse(await machine.run(process.execPath, '-e', program))).toEqual([
        ['127.0.0.1'],
        90,
        [{ type: 'MX', exchange: `www.${origin}`, priority: 10 }],
        [['hello, clients']],
        'ENODATA',
        'ENOTFOUND',
      ])
    })

    describe('curl', () => {
      test('curl loads a page by a name of the zone', async () => {
        expect(await machine.runWithResolver('curl', '-sS', `http://www.${origin}/`)).toBe(PAGE)
      })

      test('curl finds it over HTTPS by itself, with no other DNS server at all', async () => {
        const before = await machine.queriesOver('https')
        const certificate = join(machine.directory, 'ca.pem')
        await writeFile(certificate, await machine.certificate())
        const doh = ['--doh-url', 'https://127.0.0.1/dns-query', '--cacert', certificate]
        const nowhere = machine.withResolver('no-resolv.conf')
        expect(await machine.run(...nowhere, 'curl', '-sS', ...doh, `http://alias.${origin}/`)).toBe(PAGE)
        expect(await machine.queriesOver('https')).toBeGreaterThan(before)
      })
    })

    test.skipIf(!hasTool(['test', '-x', CHROMIUM], 'chromium'))(
      "Chromium's secure DNS finds names over HTTPS, with no other DNS server at all",
      async () => {
        const before = await machine.queriesOver('https')
        const profile = join(machine.directory, 'profile')
        await mkdir(profile)
        const dns_over_https = { mode: 'secure', templates: 'https://127.0.0.1/dns-query{?dns}' }
        await writeFile(join(profile, 'Local State'), JSON.stringify({ dns_over_https }))
        const { publicKey } = new X509Certificate(await machine.certificate())
        const key = createHash('sha256')
          .update(publicKey.export({ type: 'spki', format: 'der' }))
          .digest('base64')
        const executablePath = await machine.script('chromium', 'no-resolv.conf', CHROMIUM)
        const browser = await chromium.launchPersistentContext(profile, {
          executablePath,
          args: [
            '--headless',
            '--no-sandbox',
            '--disable-gpu',
            `--ignore-certificate-errors-spki-list=${key}`,
          ],
        })
        try {
          const tab = await browser.newPage()
          await tab.goto(`http://alias.${origin}/`)
          expect(await tab.title()).toBe('found by name')
        } finally {
          await browser.close()
        }
        expect(await machine.queriesOver('https')).toBeGreaterThan(before)
      },
    )
  },
)
