import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('start-and-stop.test-support.ts', import.meta.url))

test('a program that stops its nodes ends by itself', { timeout: 20_000 }, async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    '--conditions=@signpost/source',
    program,
  ])

  expect({ stdout, stderr }).toEqual({ stdout: '3 acks, found\n', stderr: '' })
})
