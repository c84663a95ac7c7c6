import { once } from 'node:events'
import { readFile, stat, watch, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askUdp, queryFor } from '../../gateway/src/asking.test-support.ts'
import { Sandbox } from './signpost-process.test-support.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await Sandbox.create()
})
afterAll(async () => {
  await sandbox[Symbol.asyncDispose]()
})

const endpoint = (text: string): { host: string; port: number } => ({
  host: text.slice(0, text.lastIndexOf(':')),
  port: Number(text.slice(text.lastIndexOf(':') + 1)),
})

/** Waits until a file has what is wanted; whatever writes it is an event. */
async function untilFile(path: string, isDone: (text: string) => boolean): Promise<string> {
  const changes = watch(path, { signal: AbortSignal.timeout(10_000) })
  for (;;) {
    const text = await readFile(path, 'utf8')
    if (isDone(text)) return text
    await changes[Symbol.asyncIterator]().next()
  }
}

test('a daemon does what a file says, and what it says later, with no query dropped', {
  timeout: 30_000,
}, async () => {
  const config = join(sandbox.path, 'signpost.toml')
  const log = join(sandbox.path, 'queries')
  const write = (suffix: string, more = ''): Promise<void> =>
    writeFile(
      config,
      `[node]\nnetworks = ["private:test"]\nmdns = false\n[gateway]\nsuffixes = ["${suffix}"]\ntls = ["127.0.0.1:0"]\n` +
        `metrics = "127.0.0.1:0"\nquery-log = "${log}"\n[gateway.limits]\nzone-wait = 200\n${more}`,
    )
  await write('one.example')
  const { ready, signal, end } = await sandbox.daemon(['up', '--config', config])
  const { tls, metrics, dns } = ready as typeof ready & { tls: string[]; metrics: string }
  const at = endpoint(dns[0]!)
  expect(tls).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+$/)])
  const kinds = async (): Promise<number[]> =>
    Promise.all(
      ['one.example', 'two.example'].map(async name => (await askUdp(at, queryFor(name, 'SOA'))).rcode),
    )
  expect(await kinds()).toEqual([0, 5])

  await write('two.example')
  expect(await sandbox.signpost(['gateway', 'reload'])).toMatchObject({
    code: 0,
    stdout: 'reloaded\n',
    stderr: '',
  })
  expect(await kinds()).toEqual([5, 0])
  await write('one.example')
  signal('SIGHUP')
  // Once the log has what was asked after it, the signal was heard: queries are answered in their order.
  while ((await kinds())[0] !== 0) await new Promise(setImmediate)

  // A file that is wrong changes nothing.
  await writeFile(config, '[gateway]\nsuffixes = ["."]\n')
  const refused = await sandbox.signpost(['gateway', 'reload'])
  expect(refused.code).not.toBe(0)
  expect(refused.stderr).toContain(`${config}: gateway.suffixes[0]: `)
  await writeFile(config, '[gateway]\n')
  expect((await sandbox.signpost(['gateway', 'reload'])).stderr).toContain(
    `${config}: it is empty, which it was not`,
  )
  expect(await kinds()).toEqual([0, 5])

  // What counts from the next start on is named.
  await write('two.example', 'tcp-idle = 50\n')
  expect(await sandbox.signpost(['gateway', 'reload', '--json'])).toMatchObject({
    stdout: '{"reloaded":true,"takesRestart":["gateway.limits.tcp-idle"]}\n',
  })

  const text = await (await fetch(`http://${metrics}/metrics`)).text()
  expect(text).toContain('signpost_queries_total{transport="udp"} ')
  expect(await end('SIGTERM')).toMatchObject({ code: 0 })
  const lines = (await untilFile(log, all => all.split('\n').length > 8)).trimEnd().split('\n')
  expect(JSON.parse(lines[0]!)).toMatchObject({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    client: '127.0.0.1',
    transport: 'udp',
    name: 'one.example.',
    type: 'SOA',
    outcome: 'answer',
  })
  expect((await stat(log)).mode & 0o777).toBe(0o600)
})

test('a file is checked without anything being started, and its schema is printed', {
  timeout: 30_000,
}, async () => {
  const config = join(sandbox.path, 'check.toml')
  await writeFile(config, '[gateway]\nallow = ["192.168.1.0/24"]\n')
  expect(await sandbox.signpost(['gateway', 'check', config])).toMatchObject({
    code: 0,
    stdout: `${config} can be honoured\n`,
  })
  await writeFile(config, '[gateway]\nallow = ["192.168.1.0/24"]\n[gateway.limits]\ntcp-idle = 1\n')
  const wrong = await sandbox.signpost(['gateway', 'check', config])
  expect(wrong.code).not.toBe(0)
  expect(wrong.stderr).toContain('check.toml: gateway.limits.tcp-idle: it must be >= 50')
  await writeFile(config, '[gateway]\nallow = ["192.168.1.0/99"]\n')
  expect((await sandbox.signpost(['gateway', 'check', config])).stderr).toContain('allow[0]: ')
  expect((await sandbox.signpost(['gateway', 'check'])).code).toBe(2)
  await writeFile(config, '[gateway]\nquery-log = "/"\nmetrics = "127.0.0.1:0"\n')
  expect((await sandbox.signpost(['gateway', 'check', config])).stderr).toContain(
    'check.toml: gateway.query-log: ',
  )
  const schema = await sandbox.signpost(['gateway', 'schema'])
  expect(JSON.parse(schema.stdout)).toMatchObject({ properties: { gateway: { type: 'object' } } })
})

test('who reloads a daemon that is not there is told so', async () => {
  const child = sandbox.spawn(['gateway', 'reload'])
  const [code] = (await once(child, 'close')) as [number]
  expect(code).toBe(3)
})
