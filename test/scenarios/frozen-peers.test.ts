import { join } from 'node:path'
import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ProcessNetwork } from '../e2e/network.ts'

const ZONES = 6

test('with all bootstrap peers gone and half of the others frozen, zones are found by who was there and by who comes back', async () => {
  await using network = await ProcessNetwork.start(3)
  const bootstraps = network.nodes
  const others = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const { sandbox, join: args } = await network.member()
      return sandbox.daemon(['node', ...args])
    }),
  )
  const owner = await network.member()
  const zoneIds: string[] = []
  for (let at = 0; at < ZONES; at++) {
    const file = join(owner.sandbox.path, `${at}.zone`)
    await writeFile(file, `$TTL 60\nwww A 192.0.2.${at + 1}\n`)
    await owner.sandbox.signpost(['key', 'new', `key${at}`])
    const published = await owner.sandbox.signpost([
      'publish',
      file,
      '--key',
      `key${at}`,
      '--json',
      ...owner.join,
    ])
    expect(published.code, published.stderr).toBe(0)
    const { zoneId, acks } = JSON.parse(published.stdout) as { zoneId: string; acks: number }
    expect(acks).toBe(9)
    zoneIds.push(zoneId)
  }
  const reader = await network.member()
  const resolve = async (zoneId: string): Promise<unknown> => {
    // No bootstrap: whoever it asks it knows by itself.
    const { stdout, stderr } = await reader.sandbox.signpost([
      'resolve',
      `www.${zoneId}`,
      '--json',
      '--network',
      'private:e2e',
    ])
    return stdout === '' ? stderr : JSON.parse(stdout)
  }
  const running = await reader.sandbox.daemon(['node', ...reader.join])
  expect(await resolve(zoneIds[0]!)).toMatchObject({ status: 'answer' })

  for (const node of bootstraps) await node.end('SIGKILL')
  for (const node of others.slice(0, 3)) node.signal('SIGSTOP')
  try {
    for (const zoneId of zoneIds.slice(1, 3))
      expect(await resolve(zoneId)).toMatchObject({ status: 'answer' })
    // And a node that starts only now.
    await running.end('SIGTERM')
    const again = await reader.sandbox.daemon(['node', '--network', 'private:e2e'])
    for (const zoneId of zoneIds.slice(3)) expect(await resolve(zoneId)).toMatchObject({ status: 'answer' })
    await again.end('SIGTERM')
  } finally {
    for (const node of others.slice(0, 3)) node.signal('SIGCONT')
  }
})
