import { chmod } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { TestRoot } from '../effects/root.test-support.ts'
import { type Started, readProgram } from './program.ts'

function started(root: TestRoot, changes: Partial<Started> = {}): Started {
  return {
    execPath: join(root.path, 'opt/node-22.14/bin/node'),
    execArgv: ['--max-old-space-size=512'],
    argv: ['node', join(root.path, 'bin/signpost'), 'install'],
    env: { PATH: `/nowhere:${join(root.path, 'bin')}` },
    platform: 'linux',
    ...changes,
  }
}

const FILES = {
  '/opt/node-22.14/bin/node': '',
  '/opt/signpost/dist/bin.js': '',
  '/bin/node': '-> ../opt/node-22.14/bin/node',
  '/bin/signpost': '-> ../opt/signpost/dist/bin.js',
}

test('a service is started through the links that outlive an update', async () => {
  await using root = await TestRoot.create(FILES)
  await chmod(root.path, 0o755)
  expect(await readProgram(started(root))).toEqual({
    node: join(root.path, 'bin/node'),
    nodeArguments: ['--max-old-space-size=512'],
    program: join(root.path, 'bin/signpost'),
    unreadable: undefined,
  })
  expect((await readProgram(started(root, { env: {} }))).node).toBe(started(root).execPath)
})

test('a place in PATH that depends on where one stands is no place for a service', async () => {
  await using root = await TestRoot.create(FILES)
  const env = { PATH: relative(process.cwd(), join(root.path, 'bin')) }
  expect((await readProgram(started(root, { env }))).node).toBe(started(root).execPath)
})

test.each(['opt/node-22.14', 'opt/signpost', 'opt/signpost/dist/bin.js', 'bin'])(
  'a program that only its owner reaches, at %s, is told from one that a service can run',
  async place => {
    await using root = await TestRoot.create(FILES)
    await chmod(root.path, 0o755)
    await chmod(join(root.path, place), 0o700)
    expect((await readProgram(started(root))).unreadable).toBe(join(root.path, place))
    expect((await readProgram(started(root, { platform: 'win32' }))).unreadable).toBeUndefined()
  },
)
