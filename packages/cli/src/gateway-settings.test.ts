import { expect, test } from 'vitest'
import { gatewaySettings } from './gateway-settings.ts'

const upstreamsOf = (...upstream: string[]): unknown =>
  gatewaySettings({ upstream }, {}, '/data').options.upstreams

test('upstreams are given to the gateway as they are written; "system" stands alone', () => {
  const texts = ['192.0.2.53', 'tls://192.0.2.53#dns.example', 'https://dns.example/dns-query']
  expect(upstreamsOf(...texts)).toEqual(texts)
  expect(upstreamsOf('system')).toBe('system')
  expect(() => upstreamsOf('192.0.2.53', 'system')).toThrow(
    expect.objectContaining({
      code: 'INVALID_CONFIG',
      message: expect.stringMatching(/"system" stands alone/),
    }),
  )
  expect(gatewaySettings({}, {}, '/data').options).not.toHaveProperty('upstreams')
})

test('a file says what there is about upstreams besides', () => {
  const { options } = gatewaySettings(
    {},
    {
      bootstrap: ['192.0.2.53', '[2001:db8::53]:5353'],
      routes: [{ domains: ['corp.example'], upstreams: ['192.0.2.1'] }],
      'upstream-ca': '/ca.pem',
      'resolv-conf': '/resolv.conf',
    },
    '/data',
  )
  expect(options).toMatchObject({
    bootstrap: [
      { host: '192.0.2.53', port: 53 },
      { host: '2001:db8::53', port: 5353 },
    ],
    routes: [{ domains: ['corp.example'], upstreams: ['192.0.2.1'] }],
    upstreamCa: '/ca.pem',
    resolvConf: '/resolv.conf',
  })
})

test('metrics are refused where queries are taken, in words that name both', () => {
  const at = { host: '127.0.0.1', port: 5300 }
  expect(() => gatewaySettings({ dns: [at], metrics: at }, {}, '/data')).toThrow(
    'metrics: it is 127.0.0.1:5300, as is listen[0]; give it a port of its own',
  )
})

test('a server for bootstrap that is no address is named with its place', () => {
  expect(() => gatewaySettings({}, { bootstrap: ['192.0.2.1', 'tls://192.0.2.1'] }, '/data')).toThrow(
    /^bootstrap\[1\]: "tls:\/\/192\.0\.2\.1" .*:53/,
  )
})
