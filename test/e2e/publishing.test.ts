import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Daemon, Ended, Sandbox } from '../../packages/cli/src/signpost-process.test-support.ts'
import { ProcessNetwork } from './network.ts'

/** A machine of the owner's: a directory, and the words that join the network. */
interface Machine {
  readonly sandbox: Sandbox
  readonly join: readonly string[]
}

let network: ProcessNetwork

beforeAll(async () => {
  network = await ProcessNetwork.start(2)
})

afterAll(async () => {
  await network[Symbol.asyncDispose]()
})

/** Two machines with the same key. */
async function twoMachines(): Promise<[Machine, Machine]> {
  const [desktop, laptop] = [await network.member(), await network.member()]
  expect((await desktop.sandbox.signpost(['key', 'new', 'alice'])).code).toBe(0)
  await cp(join(desktop.sandbox.data, 'keys'), join(laptop.sandbox.data, 'keys'), { recursive: true })
  return [desktop, laptop]
}

/** The same machine with a daemon, whose node its commands use: ten times as fast, and they join nothing themselves. */
async function withDaemon({ sandbox, join }: Machine): Promise<{ machine: Machine; daemon: Daemon }> {
  const daemon = await sandbox.daemon(['node', ...join])
  return { machine: { sandbox, join: [] }, daemon }
}

async function run({ sandbox, join }: Machine, ...args: readonly string[]): Promise<Ended> {
  return sandbox.signpost([...args, ...join])
}

async function write({ sandbox }: Machine, ...lines: readonly string[]): Promise<string> {
  const file = join(sandbox.path, 'alice.zone')
  await writeFile(file, `$TTL 60\n${lines.join('\n')}\n`)
  return file
}

async function publish(
  machine: Machine,
  file: string,
  ...args: readonly string[]
): Promise<Record<string, unknown>> {
  const ended = await run(machine, 'publish', file, '--key', 'alice', '--json', ...args)
  expect(ended.code, ended.stderr).toBe(0)
  return JSON.parse(ended.stdout) as Record<string, unknown>
}

function failure({ stderr }: Ended): Record<string, unknown> {
  return (JSON.parse(stderr) as { error: Record<string, unknown> }).error
}

test('of two machines the late one is told what it would have undone, and makes its change again on top', async () => {
  const [desktop, laptop] = await twoMachines()
  const file = await write(desktop, 'www A 192.0.2.1', 'mail A 192.0.2.2')
  await publish(desktop, file)
  const onLaptop = await write(laptop, 'www A 192.0.2.7', 'mail A 192.0.2.2', 'new A 192.0.2.3')
  await publish(laptop, onLaptop, '--base', '1')

  await write(desktop, 'www A 192.0.2.1', 'mail A 192.0.2.9')
  const late = await run(desktop, 'publish', file, '--key', 'alice')
  expect(late).toMatchObject({ code: 1, stdout: '' })
  const changed = ['+ new 60 A 192.0.2.3', '- www 60 A 192.0.2.1', '+ www 60 A 192.0.2.7']
  const lines = late.stderr.trimEnd().split('\n')
  expect(lines[0]).toMatch(/^signpost: zone k51\w+ is at sequence 2, not at 1/)
  expect(lines.slice(1, 4)).toEqual(changed.map(line => `  ${line}`))
  const again = `signpost publish ${file} --key alice ${desktop.join.join(' ')}`
  expect(lines.slice(4).map(line => line.trim())).toEqual([
    'Next:',
    'what was changed elsewhere:',
    'signpost diff alice',
    'makes the change again on top of sequence 2:',
    `${again} --rebase`,
    'where the file has all of that:',
    `${again} --base 2`,
  ])

  // What it says to do next works.
  expect(await run(desktop, 'diff', 'alice')).toMatchObject({ code: 0, stdout: `${changed.join('\n')}\n` })
  const rebased = await publish(desktop, file, '--rebase')
  expect(rebased).toMatchObject({ sequence: 3, added: ['mail 60 A 192.0.2.9'], rebased: changed })
  // The file still does not have it, and takes nothing away for that.
  expect(failure(await run(desktop, 'publish', file, '--key', 'alice', '--json'))).toMatchObject({
    code: 'PUBLISH_CONFLICT',
    current: 3,
    diff: changed,
  })
  await write(desktop, 'www A 192.0.2.7', 'mail A 192.0.2.9', 'new A 192.0.2.3', 'x A 192.0.2.1')
  expect(await publish(desktop, file)).toMatchObject({
    sequence: 4,
    added: ['x 60 A 192.0.2.1'],
    removed: [],
  })
})

test('a machine with nothing but the key replaces nothing unseen', async () => {
  const [desktop, laptop] = await twoMachines()
  await publish(desktop, await write(desktop, 'www A 192.0.2.1', 'mail A 192.0.2.2'))
  const file = await write(laptop, 'www A 192.0.2.1', 'more A 192.0.2.3')
  for (const flags of [[], ['--rebase']]) {
    const refused = await run(laptop, 'publish', file, '--key', 'alice', ...flags)
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain(`signpost diff alice ${file}\n`)
    expect(refused.stderr).toContain(
      `signpost publish ${file} --key alice ${[...flags, ...laptop.join].join(' ')}`,
    )
    expect(refused.stderr).toContain(`${flags.length === 0 ? ' --rebase' : ''} --base 0\n`)
  }
  expect((await run(laptop, 'diff', 'alice', file)).stdout).toBe(
    '- mail 60 A 192.0.2.2\n+ more 60 A 192.0.2.3\n',
  )
  const both = await publish(laptop, file, '--rebase', '--base', '0')
  expect(both).toMatchObject({ sequence: 2, added: ['more 60 A 192.0.2.3'], removed: [] })
})

test('an RRset that both machines have changed is named, and nothing is published', async () => {
  const [desktop, laptop] = await twoMachines()
  const file = await write(desktop, 'www A 192.0.2.1', 'mail A 192.0.2.2')
  await publish(desktop, file)
  await publish(laptop, await write(laptop, 'www A 192.0.2.7', 'mail A 192.0.2.2'), '--base', '1')
  await write(desktop, 'www A 192.0.2.8', 'mail A 192.0.2.2')
  const failed = failure(await run(desktop, 'publish', file, '--key', 'alice', '--rebase', '--json'))
  expect(failed).toMatchObject({ code: 'PUBLISH_CONFLICT', obstacles: [expect.stringMatching(/^www A: /)] })
  expect(await publish(desktop, file, '--base', '2')).toMatchObject({ sequence: 3 })
})

test('versions are listed, compared and published again', async () => {
  const [own, laptop] = await twoMachines()
  const { machine: desktop, daemon } = await withDaemon(own)
  const file = await write(desktop, 'www A 192.0.2.1', 'mail A 192.0.2.2', 'a A 192.0.2.3')
  await publish(desktop, file, '--ttl', '2m')
  await write(desktop, 'www A 192.0.2.1', 'mail A 192.0.2.9', 'a A 192.0.2.3')
  await publish(desktop, file)

  const { zoneId, history } = JSON.parse((await run(desktop, 'history', 'alice', '--json')).stdout) as {
    zoneId: string
    history: { sequence: number; publishedHere: boolean; ttl: number; added: string[]; removed: string[] }[]
  }
  expect(history).toMatchObject([
    { sequence: 2, publishedHere: true, added: ['mail 60 A 192.0.2.9'], removed: ['mail 60 A 192.0.2.2'] },
    { sequence: 1, publishedHere: true, ttl: 120, removed: [] },
  ])
  expect((await run(desktop, 'history', zoneId)).stdout.split('\n').slice(0, 2)).toEqual([
    expect.stringMatching(/^sequence +published +valid until/),
    expect.stringMatching(/^2 +here +\d{4}-\d\d-\d\d +3 +\d+ +\+1 -1$/),
  ])
  const other = await run(laptop, 'history', 'alice', '--json')
  expect(other.code).toBe(3)
  expect(failure(other)).toMatchObject({ code: 'NOT_IN_HISTORY' })

  expect((await run(desktop, 'diff', 'alice', '2', '1')).stdout).toBe(
    '- mail 60 A 192.0.2.9\n+ mail 60 A 192.0.2.2\n',
  )
  await write(desktop, 'www A 192.0.2.1', 'mail A 192.0.2.9', 'a A 192.0.2.3', 'b A 192.0.2.4')
  expect((await run(desktop, 'diff', 'alice', file)).stdout).toBe('+ b 60 A 192.0.2.4\n')

  const back = await run(desktop, 'rollback', 'alice', '1', '--json')
  expect(JSON.parse(back.stdout)).toMatchObject({ sequence: 3, ttl: 120, added: ['mail 60 A 192.0.2.2'] })
  expect(failure(await run(desktop, 'rollback', zoneId, '9', '--json'))).toMatchObject({
    code: 'NOT_IN_HISTORY',
  })
  // Compared with what stands as every publication is.
  const onLaptop = await write(laptop, 'www A 192.0.2.1', 'mail A 192.0.2.2', 'c A 192.0.2.3')
  await publish(laptop, onLaptop, '--base', 'stands')
  expect(failure(await run(desktop, 'rollback', 'alice', '2', '--json'))).toMatchObject({
    code: 'PUBLISH_CONFLICT',
    current: 4,
  })
  await daemon.end('SIGTERM')
})

test('a version that takes away more than half of the zone needs force, and so does a rollback to one', async () => {
  const [own] = await twoMachines()
  const { machine: desktop, daemon } = await withDaemon(own)
  const file = await write(desktop, 'www A 192.0.2.1')
  await publish(desktop, file)
  await write(desktop, 'www A 192.0.2.1', 'a A 192.0.2.1', 'b A 192.0.2.1')
  await publish(desktop, file)
  await write(desktop, 'www A 192.0.2.1')
  const refused = await run(desktop, 'publish', file, '--key', 'alice')
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(refused.stderr).toContain('take away 2 of the 3 RRsets in sequence 2')
  expect(refused.stderr).toContain(`signpost publish ${file} --key alice --force`)
  expect(failure(await run(desktop, 'rollback', 'alice', '1', '--json'))).toMatchObject({
    code: 'ZONE_LOSS',
    lost: 2,
    of: 3,
    sequence: 2,
    diff: ['- a 60 A 192.0.2.1', '- b 60 A 192.0.2.1'],
  })
  const forced = await run(desktop, 'rollback', 'alice', '1', '--force', '--json')
  expect(JSON.parse(forced.stdout)).toMatchObject({ sequence: 3 })
  await daemon.end('SIGTERM')
})

test('through a daemon it is all the same', async () => {
  const [own, laptop] = await twoMachines()
  const { machine: desktop, daemon } = await withDaemon(own)
  const file = await write(desktop, 'www A 192.0.2.1', 'mail A 192.0.2.2')
  const { zoneId } = await publish(desktop, file)
  await publish(laptop, await write(laptop, 'www A 192.0.2.7', 'mail A 192.0.2.2'), '--base', '1')
  await write(desktop, 'www A 192.0.2.1', 'mail A 192.0.2.9')
  const late = await run(desktop, 'publish', file, '--key', 'alice', '--json')
  expect(failure(late)).toMatchObject({
    code: 'PUBLISH_CONFLICT',
    expected: 1,
    current: 2,
    base: { sequence: 1 },
    theirs: { sequence: 2 },
    diff: ['- www 60 A 192.0.2.1', '+ www 60 A 192.0.2.7'],
  })
  expect(await publish(desktop, file, '--rebase')).toMatchObject({ sequence: 3, republished: true })
  expect(JSON.parse((await run(desktop, 'history', 'alice', '--json')).stdout)).toMatchObject({
    history: [{ sequence: 3, rebased: true }, { sequence: 2, publishedHere: false }, { sequence: 1 }],
  })
  // Somebody with the key alone, who says that there was never anything.
  const other = await run(laptop, 'publish', file, '--key', 'alice', '--base', '0', '--json')
  expect(failure(other)).toMatchObject({ code: 'PUBLISH_CONFLICT', expected: 0, current: 3 })
  expect((await run(desktop, 'resolve', `www.${String(zoneId)}`, '--short')).stdout).toBe('192.0.2.7\n')
  expect(await daemon.end('SIGTERM')).toMatchObject({ code: 0 })
})

test('fewer peers than asked for are a failure, and the change stays on disk as the last one', async () => {
  const [desktop] = await twoMachines()
  const file = await write(desktop, 'www A 192.0.2.1')
  const failed = await run(desktop, 'publish', file, '--key', 'alice', '--min-acks', '20', '--json')
  expect(failure(failed)).toMatchObject({ code: 'PUBLISH_FAILED' })
  await write(desktop, 'www A 192.0.2.2')
  expect(await publish(desktop, file, '--min-acks', '2')).toMatchObject({ sequence: 2, acks: 2, peers: 2 })
})
