import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Sandbox } from './signpost-process.test-support.ts'

// Real processes of the whole command. Nobody listens where they would ask.
vi.setConfig({ testTimeout: 120_000 })

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await Sandbox.create()
})
afterEach(async () => {
  await sandbox[Symbol.asyncDispose]()
})

test('the status names every upstream and how it does, those of domains too', async () => {
  const config = join(sandbox.path, 'signpost.toml')
  await mkdir(sandbox.path, { recursive: true })
  await writeFile(
    config,
    '[gateway]\nupstreams = ["127.0.0.1:1", "tls://127.0.0.1:1#dns.example"]\n' +
      '[[gateway.routes]]\ndomains = ["corp.example"]\nupstreams = ["tcp://dns.corp.example"]\n' +
      '[[gateway.routes]]\ndomains = ["secret.example"]\nupstreams = []\n',
  )
  const refused = await sandbox.signpost(['up', '--config', config])
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringMatching(/bootstrap: it is empty, so nobody can say where tcp:\/\/dns\.corp\.example:53 is/),
  ])
  const args = ['up', '--config', config, '--upstream', '127.0.0.1:1,tls://127.0.0.1:1#dns.example']
  await writeFile(
    config,
    '[gateway]\nbootstrap = ["127.0.0.1:1"]\n[[gateway.routes]]\ndomains = ["corp.example"]\nupstreams = ["tcp://dns.corp.example"]\n',
  )
  const daemon = await sandbox.daemon(args)
  const { stdout } = await sandbox.signpost(['status'])
  expect(stdout).toMatch(
    /^ordinary {2}names from 127\.0\.0\.1:1.*\n {10}names from tls:\/\/127\.0\.0\.1:1#dns\.example.*\n {10}names below corp\.example\. from tcp:\/\/dns\.corp\.example:53/m,
  )
  expect(await daemon.end('SIGTERM')).toMatchObject({ code: 0 })
})

test.each([
  [
    '192.0.2.53#dns.example',
    '--upstream: "192.0.2.53#dns.example" names a certificate, but UDP has none; put tls:// before it',
  ],
  [
    'quic://192.0.2.53',
    '--upstream: "quic://192.0.2.53" begins with quic://; there are udp://, tcp://, tls:// and https://',
  ],
  ['192.0.2.53,system', '--upstream: "system" stands alone; leave it out, or all others'],
])('refused: --upstream %s', async (upstream, problem) => {
  const { code, stderr } = await sandbox.signpost(['up', '--upstream', upstream])
  expect([code, stderr.split('\n', 1)[0]]).toEqual([2, `signpost: ${problem}`])
})
