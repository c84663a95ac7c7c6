import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('a process gives back the memory in which it has worked', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])

  const { before, grown, after } = JSON.parse(stdout) as { before: number; grown: number; after: number }
  const added = grown - before
  expect(after - before).toBeLessThan(added / 4)
})

// A process of its own: that of the tests has memory of other tests.
const program = `
import { collectStartGarbage } from ${JSON.stringify(new URL('start-garbage.ts', import.meta.url).href)}

const size = () => process.memoryUsage().heapTotal
const before = size()
let live = []
for (let at = 0; at < 1_000_000; at++) live.push({ at })
live = []
const grown = size()
collectStartGarbage()
console.log(JSON.stringify({ before, grown, after: size() }))
`
