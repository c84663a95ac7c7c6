import { expect, test } from 'vitest'
import { nodeOptions } from './node-access.ts'
import type { NodeFlags } from './options.ts'
import type { Run } from './run.ts'

function optionsFor(mdns: boolean): unknown {
  const flags: NodeFlags = { network: [{ kind: 'lan' }], nat: true, mdns }
  return nodeOptions({ flags, dataDir: '/data', env: {} } as Run<NodeFlags>)
}

test('--no-mdns switches multicast off; without it the node decides by its network and addresses', () => {
  expect(optionsFor(false)).toMatchObject({ mdns: false })
  expect(optionsFor(true)).not.toHaveProperty('mdns')
})
