import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import { encodeMessage } from '@signpost/dns'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hasTool } from '../../dns/src/debian-tool.test-support.ts'
import { lines, queryFor } from './asking.test-support.ts'
import type { Endpoint } from './endpoint.ts'
import { SecureGateways, WWW } from './secure-gateways.test-support.ts'
import { getFor, messageIn } from './transports/https.test-support.ts'

const run = promisify(execFile)

let gateways: SecureGateways
let caFile: string
beforeAll(async () => {
  gateways = await SecureGateways.create()
  ;({ caFile } = gateways)
})
afterEach(() => gateways.closeAll())
afterAll(() => gateways[Symbol.asyncDispose]())

async function kdig(at: Endpoint, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run('kdig', [`@${at.host}`, '-p', String(at.port), '+retry=0', ...args])
  expect(stdout).not.toMatch(/WARNING/)
  return stdout
}

describe.skipIf(!hasTool(['kdig', '-V'], 'knot-dnsutils'))('kdig', () => {
  test('resolves over TLS and HTTPS, by POST and GET, with the certificate verified, on IPv4 and IPv6', async () => {
    const gateway = await gateways.start()
    for (const n of [0, 1]) {
      const [tls, https] = [gateway.tlsAddresses[n]!, gateway.httpsAddresses[n]!]
      const verified = [`+tls-ca=${caFile}`, '+tls-hostname=localhost']
      for (const [at, how] of [
        [tls, '+tls'],
        [https, '+https'],
        [https, '+https-get'],
      ] as const) {
        const text = await kdig(at, how, ...verified, 'wWw.signpost.internal', 'A', '-q', WWW)
        expect(text).toMatch(/TLS session/)
        expect(text).toMatch(/status: NOERROR/)
        expect(text).toMatch(/IN\s+A\s+192\.0\.2\.1$/m)
      }
    }
  })

  test('keeps one TLS connection for many questions, and hears how long it may', async () => {
    const gateway = await gateways.start()
    const names = Array.from({ length: 20 }, () => ['-q', WWW, '-t', 'A']).flat()
    const text = await kdig(gateway.tlsAddresses[0]!, '+tls', '+keepopen', '+short', ...names)
    expect(text.trim().split('\n')).toEqual(Array(20).fill('192.0.2.1'))
    const keepalive = await kdig(gateway.tlsAddresses[0]!, '+tls', '+ednsopt=11', WWW)
    expect(keepalive).toMatch(/Option \(11\): 012C|KEEPALIVE|TCP-KEEPALIVE/i)
  })

  test('gets padding over TLS and HTTPS where it sends some, and over UDP, TCP and without it none', async () => {
    const gateway = await gateways.start()
    const [at, tls, https] = [gateway.addresses[0]!, gateway.tlsAddresses[0]!, gateway.httpsAddresses[0]!]
    for (const [to, how] of [
      [tls, '+tls'],
      [https, '+https'],
    ] as const) {
      expect(await kdig(to, how, '+padding', WWW)).toMatch(/PADDING: \d+ B[^]*Received 468 B/)
      expect(await kdig(to, how, '+nopadding', WWW)).not.toMatch(/PADDING/)
    }
    for (const how of ['+notcp', '+tcp'])
      expect(await kdig(at, how, '+padding=40', WWW)).not.toMatch(/PADDING/)
  })

  test('gets a server cookie, and where cookies are required asks again with it', async () => {
    const gateway = await gateways.start()
    expect(await kdig(gateway.addresses[0]!, '+cookie', WWW)).toMatch(/COOKIE: [0-9A-F]{48}/)
    const strict = await gateways.start({ requireCookies: true })
    const [at] = strict.addresses
    expect(await kdig(at!, '+cookie', '+nobadcookie', WWW)).toMatch(/status: BADCOOKIE/)
    expect(await kdig(at!, '+cookie', '+badcookie', WWW)).toMatch(/IN\s+A\s+192\.0\.2\.1$/m)
  })

  test('hears nothing of the client subnet that it sent', async () => {
    const gateway = await gateways.start()
    const text = await kdig(gateway.addresses[0]!, '+subnet=198.51.100.0/24', WWW)
    expect(text).toMatch(/status: NOERROR/)
    expect(text).not.toMatch(/SUBNET/i)
  })

  test('is told neither version nor name of the server', async () => {
    const gateway = await gateways.start()
    for (const name of ['version.bind', 'version.server', 'id.server', 'hostname.bind'])
      expect(await kdig(gateway.addresses[0]!, name, 'TXT', 'CH')).toMatch(/status: REFUSED/)
  })
})

async function dig(at: Endpoint, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run('dig', [`@${at.host}`, '-p', String(at.port), '+tries=1', ...args])
  expect(stdout).not.toMatch(/WARNING|malformed|MBZ/i)
  return stdout
}

describe.skipIf(!hasTool(['dig', '-v'], 'bind9-dnsutils'))('dig', () => {
  test('resolves over TLS and HTTPS with the certificate verified, and keeps the letters of the question', async () => {
    const gateway = await gateways.start()
    const asked = WWW.replace('www', 'wWw')
    const verified = [`+tls-ca=${caFile}`, '+tls-hostname=localhost']
    for (const [at, how] of [
      [gateway.tlsAddresses[0]!, '+tls'],
      [gateway.httpsAddresses[0]!, '+https'],
      [gateway.httpsAddresses[1]!, '+https-get'],
    ] as const) {
      const text = await dig(at, how, ...verified, asked)
      expect(text).toMatch(/flags: qr aa rd ra ad;/)
      expect(text).toMatch(/^wWw\.\S+\s+300\s+IN\s+A\s+192\.0\.2\.1$/m)
    }
  })

  test('accepts the cookie over UDP and TCP, and is answered with it where cookies are required', async () => {
    const gateway = await gateways.start({ requireCookies: true })
    for (const how of ['+notcp', '+tcp']) {
      const text = await dig(gateway.addresses[0]!, how, '+cookie', '+badcookie', WWW)
      expect(text).toMatch(/COOKIE: [0-9a-f]{48} \(good\)/)
      expect(text).toMatch(/IN\s+A\s+192\.0\.2\.1$/m)
    }
    // Without a cookie it is told to come over TCP, and does.
    expect(await dig(gateway.addresses[0]!, '+nocookie', WWW)).toMatch(/IN\s+A\s+192\.0\.2\.1$/m)
  })

  test('finds unknown options and flags ignored, another version of EDNS refused, and explanations kept', async () => {
    const gateway = await gateways.start()
    const [at] = gateway.addresses
    expect(await dig(at!, '+ednsopt=65001:00ff', '+ednsflags=0x40', '+nocookie', WWW)).toMatch(
      /status: NOERROR/,
    )
    expect(await dig(at!, '+edns=1', '+noednsnegotiation', WWW)).toMatch(
      /status: BADVERS[^]*EDNS: version: 0/,
    )
    expect(await dig(gateway.tlsAddresses[0]!, '+tls', 'www.example')).toMatch(
      /EDE: 20 \(Not Authoritative\)/,
    )
  })
})

describe.skipIf(!hasTool(['curl', '-V'], 'curl'))('curl', () => {
  test.each(['--http2', '--http1.1'])('with %s resolves the host of a URL over HTTPS', async version => {
    // The web server is on this machine.
    const gateway = await gateways.start({ rebinding: { zones: 'all' } })
    const web = createServer((_, response) => {
      response.end('hello')
    })
    gateways.closeLater(web)
    await new Promise<void>(resolve => {
      web.listen(0, '127.0.0.1', resolve)
    })
    const { port } = web.address() as { port: number }
    const doh = `localhost:${gateway.httpsAddresses[0]!.port}`
    const common = ['-s', '-S', '-4', '--max-time', '20', '--cacert', caFile, version]
    const overHttps = ['--doh-url', `https://${doh}/dns-query`, '--resolve', `${doh}:127.0.0.1`]
    const { stdout } = await run('curl', [
      ...common,
      ...overHttps,
      `http://${WWW.replace('www', 'web')}:${port}/`,
    ])
    expect(stdout).toBe('hello')
    expect(gateway.stats().packets.https).toBeGreaterThan(0)
  })

  test.each(['--http2', '--http1.1'])(
    '%s gets a message for a message, and an error with a sentence',
    async version => {
      const gateway = await gateways.start()
      const url = `https://127.0.0.1:${gateway.httpsAddresses[0]!.port}`
      const curl = async (...args: readonly string[]): Promise<Buffer> => {
        const options = ['-s', '-S', '-i', '--max-time', '20', '--cacert', caFile, version]
        const { stdout } = await run('curl', [...options, ...args], { encoding: 'buffer' })
        return stdout
      }
      const got = await curl(`${url}${getFor(encodeMessage(queryFor(WWW))).path}`)
      const text = got.toString('latin1')
      expect(text).toMatch(version === '--http2' ? /^HTTP\/2 200/ : /^HTTP\/1\.1 200/)
      expect(text).toMatch(/content-type: application\/dns-message/i)
      expect(text).toMatch(/cache-control: max-age=300/i)
      const body = got.subarray(text.indexOf('\r\n\r\n') + 4)
      expect(lines(messageIn({ status: 200, headers: {}, body }).answers)).toEqual([
        `${WWW}. 300 IN A 192.0.2.1`,
      ])
      expect((await curl(`${url}/`)).toString()).toMatch(/ 404[^]*There is nothing here/)
      expect((await curl('-X', 'DELETE', `${url}/dns-query`)).toString()).toMatch(/ 405[^]*allow: GET, POST/i)
    },
  )
})

describe.skipIf(!hasTool(['openssl', 'version'], 'openssl'))('openssl', () => {
  test.each(['-tls1_3', '-tls1_2'])('s_client verifies the certificate with %s', async version => {
    const gateway = await gateways.start()
    const verified = (at: Endpoint, protocols: string): Promise<{ stdout: string }> => {
      const connect = ['s_client', '-connect', `127.0.0.1:${at.port}`, version, '-alpn', protocols]
      const verify = ['-CAfile', caFile, '-verify_ip', '127.0.0.1', '-verify_return_error']
      const child = run('openssl', [...connect, ...verify])
      child.child.stdin?.end()
      return child
    }
    const [tls, https] = [gateway.tlsAddresses[0]!, gateway.httpsAddresses[0]!]
    const overTls = await verified(tls, 'dot')
    expect(overTls.stdout).toMatch(/Verify return code: 0 \(ok\)/)
    expect(overTls.stdout).toMatch(/ALPN protocol: dot/)
    expect((await verified(https, 'http/1.1,h2')).stdout).toMatch(/ALPN protocol: h2/)
  })
})
