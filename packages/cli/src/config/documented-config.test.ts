import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { parseConfig } from './config-file.ts'
import { CONFIG_SCHEMA } from './schema.ts'

test('the example of the manual is a configuration', async () => {
  const manual = await readFile(new URL('../../../../docs/gateway.md', import.meta.url), 'utf8')
  const text = /```toml\n(.*?)```/s.exec(manual)?.[1] ?? ''
  const { gateway = {} } = parseConfig('signpost.toml', text)
  const known = CONFIG_SCHEMA['properties'] as { gateway: { properties: object } }
  // Those that stand in comments are named too.
  const named = Object.keys(known.gateway.properties).filter(key => text.includes(key))
  expect(named).toEqual(Object.keys(known.gateway.properties))
  expect(gateway.allow).toContain('192.168.1.0/24')
})
