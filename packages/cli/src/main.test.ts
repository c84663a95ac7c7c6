import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { main } from './main.ts'
import type { Streams } from './terminal.ts'

// The whole command in this process, for what needs no node.

const hello = fileURLToPath(new URL('../../../examples/hello.zone', import.meta.url))
const full = fileURLToPath(new URL('../../../examples/full.zone', import.meta.url))

let data: string

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'signpost-main-'))
})

afterEach(async () => {
  await rm(data, { recursive: true })
})

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function signpost(args: readonly string[], options: { input?: string } = {}): Promise<Ended> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  stdin.end(options.input ?? '')
  const streams = { stdin, stdout, stderr } as unknown as Streams
  const code = await main([...args, '--data', data], {
    streams,
    env: { SIGNPOST_NO_PUBLIC_NETWORK: '1' },
    stop: new AbortController().signal,
  })
  return { code, stdout: await text(stdout.end()), stderr: await text(stderr.end()) }
}

function json(ended: Ended): Record<string, unknown> {
  return JSON.parse(ended.stdout) as Record<string, unknown>
}

test.each([
  [['frob'], "unknown command 'frob'", '--help'],
  [['key', 'nwe', 'alice'], 'Did you mean new?', 'key --help'],
  [['key', 'new'], "missing required argument 'name'", 'key new --help'],
  [['key', 'new', '../alice'], '"../alice" is no name for a key', 'key new --help'],
  [['publish', 'a.zone'], "required option '--key <name>' not specified", 'publish --help'],
  [
    ['publish', 'a.zone', '--key', 'a', '--base', 'last'],
    '--base: "last" is no whole number',
    'publish --help',
  ],
  [['history', 'no/key'], '"no/key" is neither a zone ID (k51…) nor the name of a key', 'history --help'],
  [['rollback', 'alice', 'first'], '"first" is no whole number', 'rollback --help'],
  [['up', '--dns', 'localhost:53'], '--dns (or SIGNPOST_DNS): "localhost:53" names a host', 'up --help'],
  [['resolve', 'www.example.net'], '"www.example.net" is not in a signed zone', 'resolve --help'],
  [['status', '--log-level', 'loud'], '"loud" is no log level', 'status --help'],
])('%j is wrong usage: one line says why, another where to read on', async (args, why, where) => {
  const { code, stdout, stderr } = await signpost(args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  const [first, second, ...rest] = stderr.trimEnd().split('\n')
  expect(first).toMatch(/^signpost: /)
  expect(first).toContain(why)
  expect(second).toContain(where)
  expect(rest).toEqual([])
})

test('the example zones are good, and fit into a record', async () => {
  for (const file of [hello, full]) {
    const checked = await signpost(['zone', 'check', file, '--json'])
    expect(checked.code).toBe(0)
    expect(json(checked)).toMatchObject({ warnings: [] })
    expect(json(checked)['octets']).toBeLessThan(10_240)
  }
})

test('a mistake in a zone file is shown with its line, and a missing file is not found', async () => {
  const broken = await signpost(['zone', 'check', '-'], { input: '$TTL 1h\nwww A 192.0.2.256\n' })
  expect(broken).toMatchObject({ code: 1, stdout: '' })
  expect(broken.stderr).toContain('standard input: line 2, column 7')
  expect(await signpost(['zone', 'check', 'missing.zone'])).toMatchObject({
    code: 3,
    stderr: 'signpost: there is no file missing.zone\n',
  })
})

test('without a daemon there is no status', async () => {
  const { code, stdout, stderr } = await signpost(['status', '--json'])
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'DAEMON_NOT_RUNNING' } })
})
