import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { main } from '../main.ts'
import { TestRoot } from '../system/effects/root.test-support.ts'
import type { Streams } from '../terminal.ts'

// The whole command in this process, on the roots of images: this machine is not touched.

async function signpost(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  stdin.end()
  const code = await main(args, {
    streams: { stdin, stdout, stderr } as unknown as Streams,
    env: {},
    stop: new AbortController().signal,
    onHangup: () => {},
  })
  return { code, stdout: await text(stdout.end()), stderr: await text(stderr.end()) }
}

const IMAGE = {
  '/usr/lib/systemd/systemd': '',
  '/usr/lib/systemd/libsystemd-shared-258.so': '',
  '/etc/systemd/system/sysinit.target.wants/systemd-resolved.service': '',
  '/etc/resolv.conf': '-> ../run/systemd/resolve/stub-resolv.conf',
}

test('below another root files are written and commands are printed, and all of it is undone', async () => {
  await using root = await TestRoot.create(IMAGE)
  const before = await root.everything()
  const installed = await signpost('install', '--root', root.path)
  expect(installed).toMatchObject({ code: 0, stderr: '' })
  expect(installed.stdout.split('\n').filter(line => line.startsWith('run '))).toEqual([
    'run   systemctl daemon-reload',
    'run   systemctl enable --now signpost.service',
    'run   systemctl restart systemd-resolved.service',
  ])
  expect(await root.read('/etc/systemd/dns-delegate.d/signpost.dns-delegate')).toContain(
    'Domains=~signpost.internal',
  )
  expect(await signpost('install', '--root', root.path)).toMatchObject({
    code: 0,
    stdout: 'this is installed already, and as it should be\n',
  })
  expect((await signpost('uninstall', '--root', root.path)).stdout).toContain(
    'run   systemctl disable --now signpost.service\n',
  )
  expect(await root.everything()).toEqual(before)
  expect(await signpost('uninstall', '--root', root.path)).toMatchObject({
    code: 0,
    stdout: 'nothing is installed here\n',
  })
})

test('a dry run shows every change as lines that differ, and makes none', async () => {
  await using root = await TestRoot.create({
    ...IMAGE,
    '/etc/systemd/resolved.conf.d/zz-signpost.conf': '[Resolve]\nDNS=192.0.2.1\n',
  })
  const before = await root.everything()
  const { code, stdout } = await signpost('install', '--scope', 'all', '--dry-run', '--root', root.path)
  expect(code).toBe(0)
  expect(stdout).toContain('write /etc/signpost/signpost.toml, mode 0644\n      configures the gateway\n')
  expect(stdout).toContain('replace /etc/systemd/resolved.conf.d/zz-signpost.conf, mode 0644\n')
  expect(stdout).toContain('      - DNS=192.0.2.1\n')
  expect(stdout).toContain('      + DNS=127.0.0.83:53\n')
  expect(stdout).toContain('run   systemctl restart systemd-resolved.service\n')
  expect(await root.everything()).toEqual(before)

  await signpost('install', '--root', root.path)
  const installed = await root.everything()
  const other = await signpost('install', '--scope', 'all', '--dry-run', '--root', root.path)
  expect(other.stdout).toMatch(
    /^An earlier installation is undone first:\n[^]*remove \/etc\/systemd\/dns-delegate.d[^]*\nThen:\nwrite /,
  )
  expect((await signpost('uninstall', '--dry-run', '--root', root.path)).stdout).toContain(
    'remove /etc/signpost/signpost.toml\n',
  )
  expect(await root.everything()).toEqual(installed)
})

test('a dry run of uninstalling refuses what uninstalling refuses', async () => {
  await using root = await TestRoot.create(IMAGE)
  await signpost('install', '--root', root.path)
  await root.write('/etc/systemd/dns-delegate.d/signpost.dns-delegate', '# mine\n')
  const refused = { code: 1, stdout: '', stderr: expect.stringContaining('nothing was undone') }
  expect(await signpost('uninstall', '--dry-run', '--root', root.path)).toMatchObject(refused)
  expect(await signpost('uninstall', '--root', root.path)).toMatchObject(refused)
  expect((await signpost('uninstall', '--dry-run', '--keep-changed', '--root', root.path)).stdout).toContain(
    'leave /etc/systemd/dns-delegate.d/signpost.dns-delegate, which somebody has changed\n',
  )
})

test('a root that is not there is refused', async () => {
  expect(await signpost('install', '--root', '/nowhere/at/all')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there is no directory /nowhere/at/all'),
  })
})

test('programs get the plan as JSON', async () => {
  await using root = await TestRoot.create(IMAGE)
  const planned = JSON.parse(
    (await signpost('install', '--dry-run', '--json', '--root', root.path)).stdout,
  ) as {
    installed: boolean
    changes: { kind: string; path?: string }[]
  }
  expect(planned.installed).toBe(false)
  expect(planned.changes.map(({ kind, path }) => path ?? kind)).toContain(
    '/etc/systemd/system/signpost.service',
  )
  const done = JSON.parse((await signpost('install', '--json', '--root', root.path)).stdout) as object
  expect(done).toMatchObject({ installed: true, already: false })
})

test('what cannot be done is refused with what to do, and changes nothing', async () => {
  await using root = await TestRoot.create({ '/etc/resolv.conf': 'nameserver 192.0.2.1\n' })
  const before = await root.everything()
  const { code, stdout, stderr } = await signpost('install', '--root', root.path)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain('nothing was changed: resolv.conf has one list of servers for all names')
  expect(await signpost('install', '--scope', 'some')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('names, all'),
  })
  expect(await root.everything()).toEqual(before)
})

test('a configuration elsewhere is read, and the service reads it there', async () => {
  await using root = await TestRoot.create({
    ...IMAGE,
    '/srv/gateway.toml': '[gateway]\nlisten = ["127.0.0.1:5399"]\n',
  })
  expect(await signpost('install', '--config', '/srv/gateway.toml', '--root', root.path)).toMatchObject({
    code: 0,
  })
  expect(await root.read('/etc/systemd/system/signpost.service')).toContain(
    'up --config /srv/gateway.toml --data',
  )
  expect(await root.read('/etc/systemd/dns-delegate.d/signpost.dns-delegate')).toContain('DNS=127.0.0.1:5399')
  await root.write('/srv/gateway.toml', '[gatway]\n')
  expect(await signpost('install', '--config', '/srv/gateway.toml', '--root', root.path)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('/srv/gateway.toml: gatway: there is no such key'),
  })
})
