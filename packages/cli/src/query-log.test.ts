import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { QueryLogEntry } from '@signpost/gateway'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { QueryLogs, checkQueryLog, openQueryLog } from './query-log.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signpost-query-log-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

const warnings: string[] = []
const logger = { ...console, trace() {}, debug() {}, warn: (text: string) => warnings.push(text) }

const query = (name: string): QueryLogEntry => ({
  time: 0,
  client: '192.0.2.1',
  transport: 'udp',
  name,
  type: 'A',
  outcome: 'answer',
  source: 'upstream',
  elapsed: 1,
})
const namesIn = async (file: string): Promise<string[]> =>
  (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map(line => (JSON.parse(line) as QueryLogEntry).name)

test('a query that outlasts its log is written to the one in its place, or to none', async () => {
  const file = join(directory, 'queries')
  const first = openQueryLog(file, logger)
  const logs = new QueryLogs(first)
  const write = logs.writerTo(first)
  write?.(query('one.example.'))
  await rename(file, `${file}.1`)
  await logs.replaceBy(openQueryLog(file, logger))
  write?.(query('two.example.'))
  await logs.replaceBy(undefined)
  write?.(query('three.example.'))
  expect([await namesIn(`${file}.1`), await namesIn(file)]).toEqual([['one.example.'], ['two.example.']])
})

test('a log that cannot be written is refused at once, with what to do', () => {
  const pipe = join(directory, 'pipe')
  execFileSync('mkfifo', [pipe])
  const paths = [directory, pipe, join(directory, 'a', 'b', 'queries')]
  const refused = expect.objectContaining({
    code: 'INVALID_CONFIG',
    message: expect.stringMatching(/^query-log: queries cannot be written to .*; name a file/),
  })
  for (const path of paths) expect(() => checkQueryLog(path)).toThrow(refused)
  for (const path of [...paths, '/proc/none/queries'])
    expect(() => openQueryLog(path, logger)).toThrow(refused)
})

test('a full disk is told once, and ends nothing', async () => {
  const log = openQueryLog('/dev/full', logger)
  log.write(query('one.example.'))
  log.write(query('two.example.'))
  await log.close()
  log.write(query('three.example.'))
  expect(warnings).toEqual(['queries cannot be logged'])
})
