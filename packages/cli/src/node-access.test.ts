import { silentLogger } from '@signpost/node'
import { expect, test } from 'vitest'
import { nodeOptions, warnOfUnusedFlags } from './node-access.ts'
import type { NodeFlags } from './options.ts'
import type { Run } from './run.ts'

function optionsFor(given: Partial<NodeFlags>): unknown {
  const flags: NodeFlags = { network: [{ kind: 'lan' }], nat: true, mdns: true, push: true, ...given }
  return nodeOptions({ flags, dataDir: '/data', env: {} } as Run<NodeFlags>)
}

test('--no-mdns switches multicast off; without it the node decides by its network and addresses', () => {
  expect(optionsFor({ mdns: false })).toMatchObject({ mdns: false })
  expect(optionsFor({})).not.toHaveProperty('mdns')
})

test('who serves HTTP may trust proxies and let web pages read, and nobody else', () => {
  const http = { host: '127.0.0.1', port: 8080 }
  expect(optionsFor({ http })).toMatchObject({ http })
  expect(optionsFor({ http, httpCors: true, trustedProxy: ['127.0.0.1'] })).toMatchObject({
    http: { ...http, cors: true, proxies: ['127.0.0.1'] },
  })
  expect(() => optionsFor({ httpCors: true })).toThrow('--http-cors is for a node that serves HTTP')
  expect(() => optionsFor({ trustedProxy: ['127.0.0.1'] })).toThrow('--trusted-proxy is for')
})

test('every flag of a node is warned of where the daemon’s node is used', () => {
  const warnings: string[] = []
  const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) }
  warnOfUnusedFlags({ logger, given: option => ['http', 'push', 'listen'].includes(option) })
  expect(warnings.map(message => message.split(' ')[0])).toEqual(['--listen', '--http', '--no-push'])
})

test('--no-push switches push off', () => {
  expect(optionsFor({ push: false })).toMatchObject({ push: false })
  expect(optionsFor({})).toMatchObject({ push: true })
})
