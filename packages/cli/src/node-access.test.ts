import { expect, test } from 'vitest'
import { nodeOptions } from './node-access.ts'
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

test('--no-push switches push off', () => {
  expect(optionsFor({ push: false })).toMatchObject({ push: false })
  expect(optionsFor({})).toMatchObject({ push: true })
})
