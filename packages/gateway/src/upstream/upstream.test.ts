import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Upstream, parseUpstream, printUpstream } from './upstream.ts'

test.each<[text: string, upstream: Upstream, printed: string]>([
  ['9.9.9.9', { protocol: 'udp', host: '9.9.9.9', port: 53 }, '9.9.9.9:53'],
  ['9.9.9.9:5353', { protocol: 'udp', host: '9.9.9.9', port: 5353 }, '9.9.9.9:5353'],
  ['2620:fe::fe', { protocol: 'udp', host: '2620:fe::fe', port: 53 }, '[2620:fe::fe]:53'],
  ['[2620:fe::fe]:53', { protocol: 'udp', host: '2620:fe::fe', port: 53 }, '[2620:fe::fe]:53'],
  ['fe80::1%eth0', { protocol: 'udp', host: 'fe80::1%eth0', port: 53 }, '[fe80::1%eth0]:53'],
  ['udp://9.9.9.9', { protocol: 'udp', host: '9.9.9.9', port: 53 }, '9.9.9.9:53'],
  ['udp://router.example', { protocol: 'udp', host: 'router.example', port: 53 }, 'udp://router.example:53'],
  ['tcp://9.9.9.9', { protocol: 'tcp', host: '9.9.9.9', port: 53 }, 'tcp://9.9.9.9:53'],
  [
    'tls://9.9.9.9#dns.Quad9.net',
    { protocol: 'tls', host: '9.9.9.9', port: 853, certificateName: 'dns.quad9.net' },
    'tls://9.9.9.9:853#dns.quad9.net',
  ],
  [
    'TLS://[2620:fe::fe]:8853#dns.quad9.net',
    { protocol: 'tls', host: '2620:fe::fe', port: 8853, certificateName: 'dns.quad9.net' },
    'tls://[2620:fe::fe]:8853#dns.quad9.net',
  ],
  ['tls://DNS.quad9.net', { protocol: 'tls', host: 'dns.quad9.net', port: 853 }, 'tls://dns.quad9.net:853'],
  [
    'https://dns.quad9.net/dns-query',
    { protocol: 'https', host: 'dns.quad9.net', port: 443, path: '/dns-query' },
    'https://dns.quad9.net:443/dns-query',
  ],
  [
    'https://9.9.9.9/{?dns}#dns.quad9.net',
    { protocol: 'https', host: '9.9.9.9', port: 443, path: '/', certificateName: 'dns.quad9.net' },
    'https://9.9.9.9:443/#dns.quad9.net',
  ],
  ['udp://dns.example.', { protocol: 'udp', host: 'dns.example', port: 53 }, 'udp://dns.example:53'],
  [
    'https://dns.example',
    { protocol: 'https', host: 'dns.example', port: 443, path: '/dns-query' },
    'https://dns.example:443/dns-query',
  ],
])('%s', (text, upstream, printed) => {
  expect(parseUpstream(text, 'upstreams[0]')).toEqual(upstream)
  expect(printUpstream(upstream)).toBe(printed)
  expect(parseUpstream(printed, 'upstreams[0]')).toEqual(upstream)
})

test.each<[text: string, problem: RegExp]>([
  ['', /IP address/],
  ['dns.example', /has no IP address; give one, or a name behind udp/],
  ['9.9.9.9:0', /the port 0; a port is a number/],
  ['9.9.9.9:65536', /the port 65536/],
  ['9.9.9.9#dns.quad9.net', /UDP has none; put tls:\/\/ before it/],
  ['tcp://9.9.9.9#dns.quad9.net', /TCP has none/],
  ['tls://9.9.9.9/dns-query', /only https:\/\/ has/],
  ['quic://9.9.9.9', /begins with quic:\/\//],
  ['https://', /names no host/],
  ['tls://9.9.9', /names no host/],
  ['tls://a..b', /names no host.*empty label/],
  ['tls://9.9.9.9#', /names no host/],
  ['https://dns.1', /names no host/],
  ['https://dns.example/é', /is no DNS server/],
  ['tls://[dns.example]', /no IP address/],
  ['9.9.9.9 1.1.1.1', /no IP address/],
  ['[::1', /is no DNS server/],
])('refused: %j', (text, problem) => {
  expect(() => parseUpstream(text, 'upstreams[3]')).toThrow(
    expect.objectContaining({
      code: 'INVALID_CONFIG',
      option: 'upstreams[3]',
      message: expect.stringMatching(problem),
    }),
  )
})

test('any text is read or refused, and what is read prints as itself', () => {
  const characters = fc.constantFrom(...'0129.:/[]#%-atlsudp ')
  fc.assert(
    fc.property(fc.string({ unit: characters, maxLength: 30 }), text => {
      let upstream: Upstream
      try {
        upstream = parseUpstream(text, 'x')
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_CONFIG' })
        return
      }
      expect(parseUpstream(printUpstream(upstream), 'x')).toEqual(upstream)
    }),
  )
})
