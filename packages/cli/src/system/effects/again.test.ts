import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { describeUndoing } from '../describe.ts'
import { linuxFacts, macFacts, resolvedFacts } from '../facts.test-support.ts'
import type { Facts } from '../facts.ts'
import { type Site, install, uninstall } from '../installer.ts'
import { readConfigFacts } from '../machine/config.ts'
import { readLinux } from '../machine/linux.ts'
import { readMacos } from '../machine/macos.ts'
import type { Command } from '../change.ts'
import type { CommandEnded } from './commands.ts'
import type { Disk } from './disk.ts'
import { installOn, planFor, rigFor } from './install-rig.test-support.ts'
import { TestRoot } from './root.test-support.ts'

// A second installation, with what is known of the machine read from its files as the command does.

const FILES = { '/etc/resolv.conf': 'nameserver 192.0.2.1\n' }
const RESOLV_CONF = '/etc/resolv.conf'
const UPSTREAMS = '/etc/signpost/upstreams.conf'

function siteThatReads(root: TestRoot, facts: Partial<Facts> = {}): Site {
  return {
    ...rigFor(root, linuxFacts()).site,
    facts: async disk => {
      const machine = { disk, ask: undefined }
      const config = await readConfigFacts(machine, '/etc/signpost/signpost.toml')
      return { ...linuxFacts(await readLinux(machine)), systemd: 257, config, ...facts } as Facts
    },
  }
}

describe('a resolv.conf of ours that somebody has edited', () => {
  test.each([
    ['a line more', (text: string) => `${text}options timeout:1\n`],
    ['no comment', () => 'nameserver 127.0.0.1\n'],
    ['nothing in it', () => ''],
  ])('with %s, is not what was there: installing again keeps the original', async (_, edited) => {
    await using root = await TestRoot.create(FILES)
    const before = await root.everything()
    const site = siteThatReads(root)
    await installOn(site)
    await root.write(RESOLV_CONF, edited(await root.read(RESOLV_CONF)))
    expect(await install(site, planFor)).toMatchObject({
      isInstalled: false,
      undone: { left: [], edited: [RESOLV_CONF] },
    })
    expect(await root.read(UPSTREAMS)).toContain('nameserver 192.0.2.1\n')
    await uninstall(site, 'refuse')
    expect(await root.everything()).toEqual(before)
  })

  test('is known behind a link, too', async () => {
    await using root = await TestRoot.create(FILES)
    const site = siteThatReads(root)
    await installOn(site)
    await root.write('/etc/resolv.conf.own', await root.read(RESOLV_CONF))
    await root.write(RESOLV_CONF, '-> resolv.conf.own')
    await install(site, planFor)
    await uninstall(site, 'refuse')
    expect(await root.read(RESOLV_CONF)).toBe(FILES[RESOLV_CONF])
  })
})

test('another file of ours that somebody has edited does not come back with uninstalling', async () => {
  await using root = await TestRoot.create(FILES)
  const before = await root.everything()
  const site = siteThatReads(root)
  await installOn(site)
  await root.write('/etc/systemd/system/signpost.service', '# mine\n')
  await install(site, planFor)
  await uninstall(site, 'refuse')
  expect(await root.everything()).toEqual(before)
})

test('a configuration that its owner has edited is not said to come back', async () => {
  await using root = await TestRoot.create(FILES)
  const site = siteThatReads(root)
  await installOn(site)
  const path = '/etc/signpost/signpost.toml'
  await root.write(path, `${await root.read(path)}# mine\n`)
  expect(await install(site, planFor)).toMatchObject({ undone: { left: [], edited: [] } })
  await uninstall(site, 'refuse')
  expect(await root.read(path)).toContain('# mine\n')
})

describe('the servers that a DHCP client has given the gateway', () => {
  const here = 'nameserver 198.51.100.9\n'

  test('are no reason to install again', async () => {
    await using root = await TestRoot.create(FILES)
    const site = siteThatReads(root, { dhclient: true })
    await installOn(site)
    await root.write(UPSTREAMS, here)
    expect(await install(site, planFor)).toMatchObject({ isInstalled: true })
    expect(await root.read(UPSTREAMS)).toBe(here)
  })

  test('stay when it is installed again', async () => {
    await using root = await TestRoot.create(FILES)
    const before = await root.everything()
    const site = siteThatReads(root, { dhclient: true })
    await installOn(site)
    await root.write(UPSTREAMS, here)
    await chmod(join(root.path, '/etc/systemd/system/signpost.service'), 0o600)
    expect(await install(site, planFor)).toMatchObject({ isInstalled: false })
    expect(await root.read(UPSTREAMS)).toBe(here)
    await uninstall(site, 'refuse')
    expect(await root.everything()).toEqual(before)
  })

  test('give way to those that somebody has written to resolv.conf since', async () => {
    await using root = await TestRoot.create(FILES)
    const site = siteThatReads(root)
    await installOn(site)
    await root.write(UPSTREAMS, here)
    await root.write(RESOLV_CONF, 'nameserver 192.0.2.99\n')
    await install(site, planFor)
    expect(await root.read(UPSTREAMS)).toContain('nameserver 192.0.2.99\n')
  })
})

/** A Mac that keeps what it was told. */
function mac(root: TestRoot): { site: Site; state: { servers: string; user: boolean } } {
  const state = { servers: '192.0.2.7\n', user: false }
  const ask = ([program, option = '']: Command): Promise<CommandEnded> => {
    const stdout =
      option === '-listallnetworkservices'
        ? 'An asterisk (*) denotes that a network service is disabled.\nWi-Fi\n'
        : program === 'networksetup'
          ? state.servers
          : `root 0\n${state.user ? '_signpost 300\n' : ''}`
    return Promise.resolve({ ok: true, stdout, problem: '' })
  }
  const site: Site = {
    ...rigFor(root, macFacts()).site,
    facts: async (disk, journal) => ({
      ...macFacts(),
      ...(await readMacos({ disk, ask, before: journal?.mac })),
    }),
    run: async command => {
      if (command[1] === '-setdnsservers') {
        state.servers = `${command.slice(3).join('\n')}\n`
        await root.write(RESOLV_CONF, `nameserver ${command[3]}\n`)
      }
      if (command[0] === 'sysadminctl') state.user = command[1] === '-addUser'
    },
  }
  return { site, state }
}

describe('on a Mac', () => {
  test.each(['names', 'all'] as const)('scope %s: installing twice is the same as once', async scope => {
    await using root = await TestRoot.create(FILES)
    const { site, state } = mac(root)
    await installOn(site, scope)
    expect(await install(site, facts => planFor(facts, scope))).toMatchObject({ isInstalled: true })
    await uninstall(site, 'refuse')
    expect(state).toEqual({ servers: '192.0.2.7\n', user: false })
  })

  test('another scope finds the servers and the user as they were before the first', async () => {
    await using root = await TestRoot.create(FILES)
    const { site, state } = mac(root)
    await installOn(site, 'all')
    await installOn(site, 'names')
    expect(state).toEqual({ servers: '192.0.2.7\n', user: true })
    await installOn(site, 'all')
    expect(await root.read('/etc/signpost/signpost.toml')).toContain('upstreams = ["192.0.2.')
    await uninstall(site, 'refuse')
    expect(state).toEqual({ servers: '192.0.2.7\n', user: false })
  })
})

describe('what is told beforehand is what is done', () => {
  test('a file that somebody has changed stands against uninstalling', async () => {
    await using root = await TestRoot.create(FILES)
    const { site } = rigFor(root, linuxFacts())
    await installOn(site)
    await root.write(RESOLV_CONF, 'nameserver 192.0.2.99\n')
    await root.write('/etc/signpost/signpost.toml', '# mine\n')
    const journal = (await site.journal.read())!
    const told = (await describeUndoing(journal, site.disk, 'leave')).join('\n')
    expect(told).toContain('leave /etc/resolv.conf, which somebody has changed')
    expect(told).toContain('leave /etc/signpost/signpost.toml, which somebody has changed')
    expect(told).not.toContain('restore /etc/resolv.conf')
  })

  test('a step that fails names the commands that could not be undone, and the installation that is gone', async () => {
    await using root = await TestRoot.create({ [RESOLV_CONF]: '-> /run/systemd/resolve/stub-resolv.conf' })
    const { site } = rigFor(root, resolvedFacts(258))
    await installOn(site, 'names')
    const failing: Site = {
      ...site,
      wait: () => Promise.reject(new Error('it is silent')),
      run: command => (command.includes('disable') ? Promise.reject(new Error('busy')) : site.run(command)),
    }
    await expect(installOn(failing, 'all')).rejects.toMatchObject({
      code: 'STEP_FAILED',
      message: expect.stringMatching(
        /was undone, and so was the earlier installation; but these commands failed: systemctl disable --now signpost\.service \(busy\)/,
      ),
    })
  })
})

test('a disk without room is no hindrance to undoing', async () => {
  await using root = await TestRoot.create(FILES)
  const before = await root.everything()
  const { site } = rigFor(root, linuxFacts())
  await installOn(site)
  const disk: Disk = { ...site.disk }
  let freed = false
  // The journal is written through the same disk.
  Object.assign(site.disk, {
    place: async (...[path, state]: Parameters<Disk['place']>): Promise<void> => {
      if (state.kind !== 'absent' && !freed)
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      await disk.place(path, state)
      freed ||= path.endsWith('signpost.service')
    },
  })
  await uninstall(site, 'refuse')
  expect(await root.everything()).toEqual(before)
})
