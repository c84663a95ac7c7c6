import { expect, test } from 'vitest'
import { type GatewayOptions, readOptions } from './options.ts'
import { PublishedZones } from './zones.test-support.ts'

const at = { host: '127.0.0.1', port: 5300 }
const at5301 = { ...at, port: 5301 }
const good: GatewayOptions = { resolver: new PublishedZones(), listen: [at] }

test('a certificate is looked for only where something needs one', () => {
  const files = { cert: 'a.crt', key: 'a.key' }
  expect(readOptions({ ...good, certificate: files }).certificate).toBeUndefined()
  expect(readOptions({ ...good, tls: [at5301], certificate: files }).certificate).toBe(files)
  expect(
    readOptions({ ...good, https: [at5301], certificate: 'self-signed', certificateDirectory: 'here' })
      .certificate,
  ).toEqual({ selfSignedIn: 'here' })
})

test('what is left out has its default', () => {
  const settings = readOptions(good)
  expect(settings).toMatchObject({ tls: [], https: [], requireCookies: false })
  expect(settings.suffixes.map(String)).toEqual(['signpost.internal.'])
  expect(settings.upstreams).toEqual([])
  expect(settings.authorities).toEqual({ port: 53, loopback: false })
  expect(settings.petnames('alice')).toBeUndefined()
})

test.each<[what: string, changes: Partial<GatewayOptions>, option: string, message: RegExp]>([
  ['no address', { listen: [] }, 'listen', /give an address, such as 127\.0\.0\.1:5300/],
  [
    'a host name',
    { listen: [{ host: 'localhost', port: 1 }] },
    'listen[0].host',
    /"localhost"; give an IP address/,
  ],
  ['a port too high', { listen: [{ ...at, port: 65_536 }] }, 'listen[0].port', /from 0 to 65535/],
  [
    'an upstream by name',
    { upstreams: [{ host: 'dns.example', port: 53 }] },
    'upstreams[0].host',
    /IP address/,
  ],
  ['an upstream without a port', { upstreams: [{ host: '::1', port: 0 }] }, 'upstreams[0].port', /from 1 to/],
  ['itself as upstream', { upstreams: [at] }, 'upstreams[0]', /where this gateway itself listens/],
  ['TLS without a certificate', { tls: [at5301] }, 'certificate', /"self-signed"/],
  ['HTTPS without a certificate', { https: [at5301] }, 'certificate', /"self-signed"/],
  [
    'a certificate of its own without a place for it',
    { tls: [at5301], certificate: 'self-signed' },
    'certificateDirectory',
    /give a directory/,
  ],
  ['a host name for TLS', { tls: [{ host: 'localhost', port: 853 }] }, 'tls[0].host', /give an IP address/],
  [
    'one address twice',
    { tls: [at5301], https: [{ ...at5301, port: 0 }, at5301] },
    'https[1]',
    /it is 127\.0\.0\.1:5301, as is tls\[0\]/,
  ],
  ['no suffix', { suffixes: [] }, 'suffixes', /leave it out/],
  ['the root as suffix', { suffixes: ['.'] }, 'suffixes[0]', /would take every name/],
  ['a suffix that is no name', { suffixes: ['a.example', 'a..b'] }, 'suffixes[1]', /empty label/],
  ['a port for authorities', { authorities: { port: 0 } }, 'authorities.port', /from 1 to/],
  ['a limit', { limits: { udpPayload: 1 } }, 'limits.udpPayload', /from 512 to 4096/],
])('refused: %s', (_, changes, option, message) => {
  expect(() => readOptions({ ...good, ...changes })).toThrow(
    expect.objectContaining({ code: 'INVALID_CONFIG', option, message: expect.stringMatching(message) }),
  )
})
