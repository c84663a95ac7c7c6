import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { Resolver } from 'node:dns/promises'
import { join } from 'node:path'
import { Rcode, type ResourceRecord, decodeMessage, encodeMessage, parseZoneFile } from '@signpost/dns'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Ended, Sandbox } from './signpost-process.test-support.ts'

// Real processes of the whole command, with an upstream on loopback.
vi.setConfig({ testTimeout: 60_000 })

let sandbox: Sandbox
let signpost: Sandbox['signpost']
let upstream: Upstream
beforeEach(async () => {
  sandbox = await Sandbox.create()
  signpost = async (...args) => sandbox.signpost(...args)
  upstream = await Upstream.start()
})
afterEach(async () => {
  await sandbox[Symbol.asyncDispose]()
  upstream.close()
})

/** A resolver that knows one answer to everything, or none. */
class Upstream {
  /** A zone file with the answer; empty: there is no such type. Undefined: it is silent. */
  says: string | undefined = '93.184.216.34'
  readonly port: number
  private readonly socket = createSocket('udp4')

  private constructor(socket: Upstream['socket']) {
    this.socket = socket
    this.port = socket.address().port
  }

  static async start(): Promise<Upstream> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const upstream = new Upstream(socket)
    socket.on('message', (packet, from) => {
      const request = decodeMessage(packet)
      const [question] = request.questions
      if (upstream.says === undefined || question === undefined) return
      const name = question.name.toString()
      const isLoop = question.type === 13
      const answers: ResourceRecord[] =
        upstream.says === '' || question.type !== 1 ? [] : parseZoneFile(`${name} 1 IN A ${upstream.says}\n`)
      const authorities = answers.length > 0 ? [] : parseZoneFile(`example. 1 IN SOA a. b. 1 2 3 4 1\n`)
      const rcode = isLoop ? Rcode.NXDOMAIN : Rcode.NOERROR
      const reply = { ...request, response: true, recursionAvailable: true, rcode, answers, authorities }
      socket.send(encodeMessage(reply), from.port, from.address)
    })
    return upstream
  }

  close(): void {
    this.socket.close()
  }
}

async function config(guard: readonly string[]): Promise<string> {
  const file = join(sandbox.path, 'signpost.toml')
  await writeFile(
    file,
    `[gateway]
upstreams = ["127.0.0.1:${upstream.port}"]
guard = ${JSON.stringify(guard)}
hosts = false
[gateway.limits]
guard-proof = 1
guard-pace = 1
`,
  )
  return file
}

async function ask(at: readonly string[], name: string): Promise<string> {
  const resolver = new Resolver({ timeout: 8000, tries: 1 })
  resolver.setServers([...at])
  return resolver.resolve4(name).then(
    addresses => addresses.join(),
    (error: NodeJS.ErrnoException) => error.code ?? '',
  )
}

function json(ended: Ended): Record<string, unknown> {
  return JSON.parse(ended.stdout) as Record<string, unknown>
}

async function goodAnswers(): Promise<number> {
  const status = json(await signpost(['status', '--json']))
  return (status as { gateway: { stats: { continuity: { guard: { answers: number } } } } }).gateway.stats
    .continuity.guard.answers
}

test('a guarded name is served through an outage and a kill -9, until the user accepts that it is gone', async () => {
  const file = await config(['www.example'])
  const first = await sandbox.daemon(['up', '--config', file])
  expect((await signpost(['guard', 'add', '*.corp.example'])).stdout).toBe('*.corp.example is guarded now\n')
  expect(await ask(first.ready.dns, 'www.example')).toBe('93.184.216.34')
  expect(await ask(first.ready.dns, 'mail.corp.example')).toBe('93.184.216.34')
  expect(await ask(first.ready.dns, 'plain.example')).toBe('93.184.216.34')
  // The gateway asks for the proof by itself.
  await expect.poll(goodAnswers, { timeout: 20_000, interval: 500 }).toBe(2)

  upstream.says = ''
  for (const name of ['www.example', 'mail.corp.example'])
    await expect
      .poll(async () => (await signpost(['guard', 'list'])).stdout + (await ask(first.ready.dns, name)), {
        timeout: 20_000,
        interval: 500,
      })
      .toMatch(new RegExp(`in doubt: ${name} A: ordinary DNS says no such type[^]*93\\.184\\.216\\.34$`))
  await expect.poll(() => ask(first.ready.dns, 'plain.example'), { timeout: 20_000 }).toBe('ENODATA')
  const { stdout: status } = await signpost(['status'])
  expect(status).toContain('guard     2 patterns of names, 2 good answers known, 2 in doubt\n')
  expect(status).toMatch(
    / {10}www\.example A: ordinary DNS says no such type for \d+s, .* signpost guard accept www\.example\n/,
  )
  const killed = await first.end('SIGKILL')
  expect(killed.stderr).toContain('a guarded name is in doubt')
  expect(killed.stderr).not.toContain('plain.example')

  upstream.says = undefined
  const second = await sandbox.daemon(['up', '--config', file])
  expect(await ask(second.ready.dns, 'www.example')).toBe('93.184.216.34')
  expect(await ask(second.ready.dns, 'mail.corp.example')).toBe('93.184.216.34')
  upstream.says = ''
  const accepted = await signpost(['guard', 'accept', 'www.example', '--json'])
  expect(json(accepted)).toEqual({ name: 'www.example.', ended: 1, others: 0 })
  await expect.poll(() => ask(second.ready.dns, 'www.example'), { timeout: 20_000 }).toBe('ENODATA')
  expect(await ask(second.ready.dns, 'mail.corp.example')).toBe('93.184.216.34')
  expect(await signpost(['guard', 'accept', 'www.example'])).toMatchObject({ code: 3, stdout: '' })

  expect((await signpost(['guard', 'remove', '*.corp.example'])).stdout).toContain('not guarded any more')
  await expect.poll(() => ask(second.ready.dns, 'mail.corp.example'), { timeout: 20_000 }).toBe('ENODATA')
  const gone = await signpost(['guard', 'remove', 'www.example'])
  expect(gone).toMatchObject({ code: 3 })
  expect(gone.stderr).toContain('configuration file')
})

test('guards are given before and beside a daemon, and every gateway hears of them', async () => {
  const file = await config([])
  expect((await signpost(['guard', 'list'])).stderr).toContain('signpost guard add')
  expect((await signpost(['guard', 'add', 'Early.Example.'])).stdout).toBe('early.example is guarded now\n')
  await sandbox.daemon(['node'])
  const beside = await sandbox.daemon(['gateway', '--config', file, '--metrics', '127.0.0.1:0'])
  expect((await signpost(['guard', 'add', 'early.example'])).stdout).toBe(
    'early.example is guarded already\n',
  )
  expect((await signpost(['guard', 'add', '*.late.example'])).code).toBe(0)
  expect((await signpost(['guard', 'list'])).stdout).toBe('*.late.example\nearly.example\n')
  for (const name of ['early.example', 'www.late.example']) {
    await expect.poll(() => ask(beside.ready.dns, name)).toBe('93.184.216.34')
  }
  const metrics = async (): Promise<string> => {
    await ask(beside.ready.dns, 'early.example')
    await ask(beside.ready.dns, 'www.late.example')
    return (await fetch(`http://${beside.ready.metrics}/metrics`)).text()
  }
  await expect.poll(metrics, { timeout: 20_000, interval: 500 }).toContain('signpost_guard_answers 2\n')
  upstream.says = ''
  await expect
    .poll(metrics, { timeout: 20_000, interval: 500 })
    .toContain('signpost_guard_doubts{trouble="no-data"} 2\n')
  expect(await ask(beside.ready.dns, 'early.example')).toBe('93.184.216.34')
  expect((await signpost(['guard', 'accept', 'early.example'])).stdout).toBe('1 other gateway told\n')
  await expect.poll(() => ask(beside.ready.dns, 'early.example'), { timeout: 20_000 }).toBe('ENODATA')
  expect(await ask(beside.ready.dns, 'www.late.example')).toBe('93.184.216.34')
})

test('a pattern that cannot be guarded is refused, and forgotten', async () => {
  await sandbox.daemon(['up'])
  const refused = await signpost(['guard', 'add', '*.signpost.internal', '--json'])
  expect(refused.code).toBe(2)
  expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'INVALID_CONFIG' } })
  expect((await signpost(['guard', 'list'])).stdout).toBe('')
  expect(await signpost(['guard', 'add', 'a..b'])).toMatchObject({ code: 2 })
})
