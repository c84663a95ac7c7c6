import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MAX_INPUT_LENGTH, readInput } from './input-file.ts'
import type { Streams } from './terminal.ts'

let directory: string
const streams = (stdin: Readable): Streams => ({ stdin }) as unknown as Streams
const none = streams(Readable.from([]))

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signpost-input-'))
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

test('a file and standard input are read whole', async () => {
  const file = join(directory, 'a.zone')
  await writeFile(file, 'www A 192.0.2.1\n')
  expect(Buffer.from(await readInput(file, none)).toString()).toBe('www A 192.0.2.1\n')
  const stdin = Readable.from([Buffer.from('www '), Buffer.from('A 192.0.2.2\n')])
  expect(Buffer.from(await readInput('-', streams(stdin))).toString()).toBe('www A 192.0.2.2\n')
})

test('what is far too large is refused without being read to its end', async () => {
  let sent = 0
  function* endless(): Generator<Buffer> {
    for (;;) {
      sent += 65_536
      yield Buffer.alloc(65_536)
    }
  }
  await expect(readInput('-', streams(Readable.from(endless())))).rejects.toMatchObject({ code: 'USAGE' })
  expect(sent).toBeLessThan(MAX_INPUT_LENGTH * 2)
  const file = join(directory, 'huge.zone')
  await writeFile(file, Buffer.alloc(MAX_INPUT_LENGTH + 1))
  await expect(readInput(file, none)).rejects.toThrow('split the zone')
})

test('a directory and a missing file are named for what they are', async () => {
  await expect(readInput(directory, none)).rejects.toThrow('is a directory')
  await expect(readInput(join(directory, 'none'), none)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
})
