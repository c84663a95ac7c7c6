import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { composeNode } from './compose-node.ts'
import { readNodeOptions } from './node-options.ts'
import type { NodeParts } from './running-node.ts'

const program = fileURLToPath(new URL('start-and-stop.test-support.ts', import.meta.url))

test('a program that stops its nodes ends by itself', { timeout: 20_000 }, async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    '--conditions=@signpost/source',
    program,
  ])

  expect({ stdout, stderr }).toEqual({ stdout: '3 acks, found\n', stderr: '' })
})

test('where a part does not stop, the others do, and the directory can be opened again', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'signpost-stop-'))
  const settings = readNodeOptions({
    dataDir,
    networks: [{ kind: 'private', name: 'stop' }],
    listen: ['/ip4/127.0.0.1/tcp/0'],
    mdns: false,
  })
  const { node, host } = await composeNode(settings)
  const { follower } = node as unknown as {
    readonly follower: { stop: () => Promise<void> }
  }
  follower.stop = () => Promise.reject(new Error('the follower goes on'))
  await expect(node.stop()).rejects.toThrow('the follower goes on')
  expect(host.libp2p.status).toBe('stopped')

  const again = await composeNode(settings)
  const { push } = (again.node as unknown as { readonly parts: NodeParts }).parts
  if (push !== undefined) push.stop = () => Promise.reject(new Error('push goes on'))
  const stopHost = again.host.stop.bind(again.host)
  again.host.stop = async () => {
    await stopHost()
    throw new Error('the host goes on')
  }
  await expect(again.node.stop()).rejects.toMatchObject({
    errors: [{ message: 'push goes on' }, { message: 'the host goes on' }],
  })
  await (await composeNode(settings)).node.stop()
  await rm(dataDir, { recursive: true })
})
