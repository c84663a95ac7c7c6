import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { Namespace, namespaceProblem } from '../interop/namespace.ts'

const program = fileURLToPath(new URL('dead-dns-program.ts', import.meta.url))
const problem = namespaceProblem()

test('nodes start, publish, resolve and come back after a week while every resolver is dead, and ask none', async context => {
  context.skip(problem !== undefined, problem)
  await using namespace = await Namespace.create()
  const [nsenter, ...rest] = [...namespace.prefix, process.execPath, '--conditions=@signpost/source', program]

  const { stdout } = await promisify(execFile)(nsenter ?? '', rest, { timeout: 60_000 })

  expect(JSON.parse(stdout)).toEqual({
    acks: 1,
    found: 'found',
    onDisk: 'stale',
    floor: 1,
    later: { freshness: 'fresh', from: 'network' },
    next: { sequence: 2, acks: 1 },
    queries: 0,
  })
})
