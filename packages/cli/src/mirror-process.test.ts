import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { hasTool } from '../../dns/src/debian-tool.test-support.ts'
import { askTcp, queryFor } from '../../gateway/src/asking.test-support.ts'
import type { DebianServer } from '../../gateway/src/debian-servers.test-support.ts'
import { knot, nsd } from './mirror/primaries.test-support.ts'
import { type Ended, Sandbox } from './signpost-process.test-support.ts'
import { printHostPort } from './values/host-port.ts'

// Real processes of the whole command, beside real authorities.
vi.setConfig({ testTimeout: 120_000 })

const hasNsd = hasTool(['/usr/sbin/nsd', '-v'], 'nsd')
const hasKnot = hasTool(['/usr/sbin/knotd', '-V'], 'knot')

let sandbox: Sandbox
let zoneId: string
const watches: ChildProcess[] = []
beforeEach(async () => {
  sandbox = await Sandbox.create()
  zoneId = (json(await sandbox.signpost(['key', 'new', 'example', '--json'])) as { zoneId: string }).zoneId
})
afterEach(async () => {
  for (const watch of watches.splice(0))
    if (watch.exitCode === null && watch.signalCode === null) {
      watch.kill('SIGKILL')
      await once(watch, 'close')
    }
  await sandbox[Symbol.asyncDispose]()
})

function json({ stdout, stderr }: Ended): unknown {
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}

function failure({ stderr }: Ended): { code: string; message: string; steps?: string[] } {
  return (JSON.parse(stderr.trim().split('\n').at(-1)!) as { error: { code: string; message: string } }).error
}

/** A zone file of example.com. */
function zoneFile(serial: number, ...records: string[]): string {
  return [
    '$ORIGIN example.com.',
    '$TTL 300',
    `@ SOA ns host ${serial} 3600 600 86400 300`,
    ...records,
    '',
  ].join('\n')
}

const RECORDS = [
  '@ NS ns',
  'ns A 192.0.2.53',
  '@ MX 10 mail',
  'mail A 192.0.2.2',
  'www CNAME web',
  'web A 192.0.2.1',
]

async function serve(...records: string[]): Promise<DebianServer> {
  return nsd({ zone: 'example.com', file: zoneFile(1, ...records), gives: true })
}

/** Has the server serve another version. */
async function change(server: DebianServer, serial: number, ...records: string[]): Promise<void> {
  const served = async (): Promise<unknown> => {
    // A signal that comes while it reads the file is lost.
    await server.rewrite('zone-0', zoneFile(serial, ...records))
    const { answers } = await askTcp(server.at, queryFor('example.com.', 'SOA'))
    return answers[0]?.rdata
  }
  await expect.poll(served, { timeout: 30_000, interval: 200 }).toMatchObject({ serial })
}

/** The command for a mirror of what the server has. */
function command({ at }: DebianServer, ...more: string[]): string[] {
  return ['mirror', 'example.com', '--key', 'example', '--from', printHostPort(at), ...more]
}

async function addressOf(name: string): Promise<string> {
  const { stdout } = await sandbox.signpost(['resolve', `${name}.${zoneId}`, '--short'])
  // Behind the alias.
  return stdout.trim().split('\n').at(-1) ?? ''
}

interface Line {
  readonly msg: string
  readonly held?: string
  readonly reason?: string
  readonly problem?: string
  readonly confirm?: string
  readonly sequence?: number
}

interface Watching {
  /** The line of data that says that it runs. */
  readonly ready: { readonly zoneId: string; readonly pin: { readonly state: { readonly kind: string } } }
  /** The next line of the log that has a text in it. */
  readonly logged: (text: string) => Promise<Line>
  readonly end: () => Promise<number | null>
  readonly ended: Promise<number | null>
}

async function startWatch(args: readonly string[]): Promise<Watching> {
  const child = sandbox.spawn([...args, '--watch', '--every', '1s', '--json'])
  watches.push(child)
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const log = createInterface({ input: child.stderr as Readable })[Symbol.asyncIterator]()
  const out = createInterface({ input: child.stdout as Readable })[Symbol.asyncIterator]()
  const first = await out.next()
  if (first.done === true) throw new Error(`it ended: ${(await log.next()).value as string}`)
  return {
    ready: JSON.parse(first.value) as Watching['ready'],
    async logged(text) {
      for (;;) {
        const { value, done } = await log.next()
        if (done === true) throw new Error(`it ended before it said: ${text}`)
        if (value.includes(text)) return JSON.parse(value) as Line
      }
    },
    end: async () => {
      child.kill('SIGINT')
      return ended
    },
    ended,
  }
}

test('a zone file becomes a signed zone, and the record to add is printed', async () => {
  const file = join(sandbox.path, 'example.com.zone')
  await writeFile(file, zoneFile(1, ...RECORDS, 'intern A 10.0.0.1', '_signpost TXT "zone=k51other"'))
  const ended = await sandbox.signpost([
    'mirror',
    'example.com',
    '--file',
    file,
    '--key',
    'example',
    '--min-acks',
    '0',
  ])
  expect(ended).toMatchObject({ code: 0 })
  expect(ended.stdout).toContain(`\n_signpost.example.com. 3600 IN TXT "zone=${zoneId}"\n`)
  expect(ended.stderr).toContain('left out: 1 record (@ SOA)')
  expect(ended.stderr).toContain('left out: 1 record (_signpost TXT)')
  expect(ended.stderr).toContain('10.0.0.1 is a private address')
  expect(ended.stdout).toContain('names another zone (zone=k51other)')
  expect(await addressOf('www')).toBe('192.0.2.1')
  expect(await addressOf('_signpost')).toBe('')
})

test('a zone that does not fit is divided as the command says', async () => {
  const file = join(sandbox.path, 'zone')
  const many = Array.from({ length: 60 }, (_, n) => `n${n}.shop TXT "${String(n).padEnd(150, 'x')}"`)
  await writeFile(file, zoneFile(1, ...RECORDS, ...many))
  const mirror = async (domain: string, ...args: string[]): Promise<Ended> =>
    sandbox.signpost(['mirror', domain, '--file', file, '--min-acks', '0', '--json', ...args])
  const refused = await mirror('example.com', '--key', 'example')
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(failure(refused).code).toBe('RECORD_TOO_LARGE')
  expect(failure(refused).steps?.join('\n')).toContain('signpost mirror shop.example.com --key KEY-OF-SHOP')
  await sandbox.signpost(['key', 'new', 'shop'])
  const half = many.slice(0, 40)
  await writeFile(file, zoneFile(1, ...RECORDS, ...half))
  expect((await mirror('shop.example.com', '--zone', 'example.com', '--key', 'shop')).code).toBe(0)
  expect((await mirror('example.com', '--key', 'example', '--delegate', 'shop=shop')).code).toBe(0)
  const { stdout } = await sandbox.signpost(['resolve', `n7.shop.${zoneId}`, 'TXT', '--short'])
  expect(stdout).toContain('7xxx')
})

describe.skipIf(!hasNsd)('beside NSD', () => {
  test('a zone is transferred, shown first, and published', async () => {
    await using server = await serve(...RECORDS)
    const shown = await sandbox.signpost(command(server, '--dry-run'))
    expect(shown).toMatchObject({ code: 0 })
    expect(shown.stdout).toMatch(/^\$ORIGIN k51.*\n\$TTL 300\n@ +IN NS +ns\n/)
    expect(shown.stderr).toContain('+ web 300 A 192.0.2.1')
    expect(shown.stderr).toContain('Nothing was published.')
    expect(await addressOf('www')).toBe('')
    const published = json(await sandbox.signpost(command(server, '--json', '--min-acks', '0')))
    expect(published).toMatchObject({
      zoneId,
      domain: 'example.com',
      sequence: 1,
      pin: { state: { kind: 'absent' } },
      leftOut: [{ reason: 'soa', count: 1 }],
    })
    expect(await addressOf('www')).toBe('192.0.2.1')
  })

  test('names are asked for, with those that they lead to, and a pin that is there already is seen', async () => {
    await using server = await serve(...RECORDS, 'forgotten A 192.0.2.9', `_signpost TXT "zone=${zoneId}"`)
    const args = ['--name', 'www', '--server', printHostPort(server.at), '--key', 'example', '--dry-run']
    const shown = json(await sandbox.signpost(['mirror', 'example.com', ...args, '--json']))
    expect(shown).toMatchObject({
      pin: { state: { kind: 'right' } },
      warnings: [expect.stringContaining('only the names that were asked for')],
    })
    const { zone } = shown as { zone: string }
    for (const name of ['www', 'web', 'mail', 'ns']) expect(zone).toMatch(new RegExp(`^${name} `, 'm'))
    expect(zone).not.toContain('forgotten')
  })

  test('a loss of more than half is refused, and published where it is meant', async () => {
    await using server = await serve(...RECORDS)
    await sandbox.signpost(command(server, '--min-acks', '0'))
    await change(server, 2, 'www A 192.0.2.1')
    const refused = await sandbox.signpost(command(server, '--min-acks', '0'))
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain('--force')
    expect(await addressOf('mail')).toBe('192.0.2.2')
    expect((await sandbox.signpost(command(server, '--min-acks', '0', '--force'))).code).toBe(0)
    expect(await addressOf('mail')).toBe('')
  })

  test('what has nothing is not published, whatever the user says', async () => {
    await using server = await serve()
    const empty = await sandbox.signpost(command(server, '--force', '--json'))
    expect(empty.code).toBe(1)
    expect(failure(empty).code).toBe('EMPTY_ZONE')
  })

  test('a server that goes empty in the middle of a watch empties nothing', async () => {
    const daemon = await sandbox.daemon(['node'])
    await using server = await serve(...RECORDS)
    const watch = await startWatch(command(server, '--min-acks', '0'))
    expect(watch.ready).toMatchObject({ zoneId, pin: { state: { kind: 'absent' } } })
    expect(await addressOf('www')).toBe('192.0.2.1')

    // One name goes, as in an outage; another one changes, and that is news at once.
    const others = RECORDS.filter(record => !/^(web|mail) /.test(record))
    await change(server, 2, ...others, 'mail A 192.0.2.7')
    const lost = await watch.logged('has lost')
    expect(lost.held).toContain('web A: it is gone')
    expect(await watch.logged('has changed and is published')).toMatchObject({ sequence: 2 })
    expect(await addressOf('www')).toBe('192.0.2.1')
    expect(await addressOf('mail')).toBe('192.0.2.7')

    // Then all of it.
    await change(server, 3)
    expect(
      (await watch.logged('mail A: it is gone').catch(async () => watch.logged('has lost'))).msg,
    ).toBeDefined()
    expect(await addressOf('mail')).toBe('192.0.2.7')

    // And it is back, with something new.
    await change(server, 4, ...RECORDS, 'new A 192.0.2.8')
    expect(await watch.logged('has changed and is published')).toMatchObject({ sequence: 3 })
    expect(await addressOf('new')).toBe('192.0.2.8')
    expect(await addressOf('mail')).toBe('192.0.2.2')
    expect(await watch.end()).toBe(0)
    await daemon.end('SIGINT')
  })

  test('a server that goes back to an older version does not undo the newer one', async () => {
    await using server = await serve(...RECORDS)
    const watch = await startWatch(command(server, '--min-acks', '0'))
    await change(server, 5, ...RECORDS.slice(0, -1), 'web A 192.0.2.99')
    await watch.logged('"sequence":2')
    await change(server, 4, ...RECORDS)
    expect((await watch.logged('has lost')).held).toContain('older version')
    expect(await addressOf('www')).toBe('192.0.2.99')
    expect(await watch.end()).toBe(0)
  })

  test('a watch without a daemon lends its node to other commands, which confirm a loss and retire the zone', async () => {
    await using server = await serve(...RECORDS)
    const watch = await startWatch(command(server, '--min-acks', '0'))
    await change(server, 2, ...RECORDS.filter(record => !record.startsWith('mail ')))
    const { confirm } = await watch.logged('has lost')
    expect(confirm).toMatch(/^signpost mirror example\.com .* --force$/)
    expect(await addressOf('mail')).toBe('192.0.2.2')
    expect((await sandbox.signpost(confirm!.split(' ').slice(1))).code).toBe(0)
    expect(await addressOf('mail')).toBe('')
    await watch.logged('as it is again')
    const retired = await sandbox.signpost(['unpublish', '--key', 'example', '--yes', '--min-acks', '0'])
    expect(retired.code).toBe(0)
    expect(await watch.ended).toBe(1)
    expect(await addressOf('www')).toBe('')
  })

  test('a loss is published once it has stood for the patience', async () => {
    await using server = await serve(...RECORDS)
    const watch = await startWatch(command(server, '--min-acks', '0', '--patience', '2s'))
    await change(server, 2, ...RECORDS.filter(record => !record.startsWith('mail ')))
    expect((await watch.logged('has lost')).held).toContain('mail A: it is gone, seen for 0s of 2s')
    expect(await watch.logged('has changed and is published')).toMatchObject({ sequence: 2 })
    expect(await addressOf('mail')).toBe('')
    expect(await watch.end()).toBe(0)
  })
})

test.skipIf(!hasNsd)('a watch goes on while its server is away', async () => {
  const server = await serve(...RECORDS)
  const watch = await startWatch(command(server, '--min-acks', '0'))
  await server[Symbol.asyncDispose]()
  expect((await watch.logged('cannot be read')).reason).toContain('cannot be reached')
  expect(await addressOf('www')).toBe('192.0.2.1')
  expect(await watch.end()).toBe(0)
})

test.skipIf(!hasKnot)('of a zone with DNSSEC, the records are mirrored without it', async () => {
  await using server = await knot({
    zone: 'example.com',
    file: zoneFile(1, ...RECORDS),
    gives: true,
    signs: true,
  })
  const dryRun = async (): Promise<{ zone: string; leftOut: { reason: string; count: number }[] }> =>
    json(await sandbox.signpost(command(server, '--dry-run', '--json'))) as Awaited<ReturnType<typeof dryRun>>
  await expect
    .poll(async () => (await dryRun()).leftOut.map(({ reason }) => reason), { timeout: 20_000 })
    .toContain('dnssec')
  const { zone } = await dryRun()
  expect(zone).toContain('192.0.2.1')
  expect(zone).not.toMatch(/RRSIG|DNSKEY|NSEC|TYPE/)
})
