import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigFileError, parseConfig } from './config-file.ts'
import { CONFIG_SCHEMA } from './schema.ts'

const problemOf = (text: string): string => {
  try {
    parseConfig('signpost.toml', text)
  } catch (error) {
    if (error instanceof ConfigFileError) return error.message
    throw error
  }
  throw new Error('it was taken')
}

test('a whole configuration is taken as it is', () => {
  const text = `
[gateway]
listen = ["127.0.0.1:53", "[::1]:53"]
tls = ["192.168.1.2:853"]
certificate = { cert = "/etc/ssl/a.pem", key = "/etc/ssl/a.key" }
upstreams = ["tls://9.9.9.9#dns.quad9.net", "https://dns.quad9.net/dns-query"]
bootstrap = ["9.9.9.9:53"]
hosts = false
allow = ["192.168.1.0/24"]
query-log = "/var/log/signpost/queries"
[[gateway.routes]]
domains = ["corp.example"]
upstreams = ["10.0.0.1"]
[gateway.rebinding]
exceptions = ["corp.example"]
[gateway.limits]
cache-octets = 134217728
[node]
networks = ["lan"]
mdns = false
`
  expect(parseConfig('signpost.toml', text)).toMatchObject({
    gateway: { listen: ['127.0.0.1:53', '[::1]:53'], hosts: false, limits: { 'cache-octets': 134_217_728 } },
    node: { networks: ['lan'], mdns: false },
  })
  expect(parseConfig('signpost.toml', '')).toEqual({})
})

describe('what is wrong is said with its place', () => {
  test.each([
    ['[gateway\n', 'signpost.toml: line 1, column 9: '],
    ['[gateway]\nlisten = 5\n', 'signpost.toml: gateway.listen: it must be array'],
    ['[gateway]\nlisten = [5]\n', 'signpost.toml: gateway.listen[0]: it must be string'],
    ['[gateway]\nlisten = []\n', 'signpost.toml: gateway.listen: it must NOT have fewer than 1 items'],
    [
      '[gateway]\nlisen = []\n',
      'signpost.toml: gateway.lisen: there is no such key; there are listen, tls, ',
    ],
    ['[gatway]\n', 'signpost.toml: gatway: there is no such key; there are gateway, node'],
    ['[gateway.limits]\ntcp-idle = 1\n', 'signpost.toml: gateway.limits.tcp-idle: it must be >= 50'],
    [
      '[gateway.limits]\ntcp-idel = 1\n',
      'signpost.toml: gateway.limits.tcp-idel: there is no such key; there are ',
    ],
    [
      '[gateway]\nupstreams = "9.9.9.9"\n',
      'signpost.toml: gateway.upstreams: it is a list of servers, such as ["9.9.9.9"], or "system"',
    ],
    ['[gateway]\nhosts = true\n', 'signpost.toml: gateway.hosts: it is a file, or false for none'],
    ['[gateway]\ncertificate = "none"\n', 'signpost.toml: gateway.certificate: it is "self-signed", or '],
    ['[[gateway.routes]]\ndomains = ["a"]\n', 'signpost.toml: gateway.routes[0].upstreams: it is missing'],
    ['[node]\nrelay = "both"\n', 'signpost.toml: node.relay: it can be "none", "use", "serve"'],
  ])('%j', (text, message) => {
    expect(problemOf(text)).toContain(message)
  })
})

test('whatever stands in the file, it is a configuration or an error that says where', () => {
  const keys = fc.constantFrom('gateway', 'node', 'listen', 'limits', 'routes', 'tcp-idle', 'hosts', 'x')
  const { tree } = fc.letrec<{ tree: unknown }>(tie => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.integer(),
      fc.boolean(),
      fc.constantFrom('', 'system', '127.0.0.1:53'),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(keys, tie('tree'), { maxKeys: 4 }),
    ),
  }))
  const inline = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`
    if (typeof value !== 'object' || value === null) return JSON.stringify(value)
    return `{ ${Object.entries(value)
      .map(([key, one]) => `${key} = ${inline(one)}`)
      .join(', ')} }`
  }
  fc.assert(
    fc.property(keys, tree, (key, value) => {
      try {
        parseConfig('f', `${key} = ${inline(value)}`)
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigFileError)
        expect((error as Error).message).toMatch(/^f: \S+: /)
      }
    }),
  )
  fc.assert(
    fc.property(fc.string(), text => {
      try {
        parseConfig('f', text)
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigFileError)
      }
    }),
  )
})

test('the schema is one that editors take', () => {
  expect(JSON.parse(JSON.stringify(CONFIG_SCHEMA))).toMatchObject({
    type: 'object',
    additionalProperties: false,
    properties: { gateway: { properties: { listen: { type: 'array', items: { type: 'string' } } } } },
  })
})
