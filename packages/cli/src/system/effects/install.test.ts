import { chmod, chown } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { Command } from '../change.ts'
import {
  config,
  linuxFacts,
  macFacts,
  networkManager,
  resolvedFacts,
  windowsFacts,
} from '../facts.test-support.ts'
import type { Facts } from '../facts.ts'
import { type Site, install, prepare, uninstall } from '../installer.ts'
import { type Disk, diskBelow } from './disk.ts'
import { carryOut } from './install.ts'
import { JOURNAL, Killed, installOn, planFor, rigFor } from './install-rig.test-support.ts'
import { JournalFile } from './journal.ts'
import { TestRoot } from './root.test-support.ts'

// A process is killed at some hundred moments, and each of them is a machine of its own.
vi.setConfig({ testTimeout: 60_000 })

const machines: readonly (readonly [string, Facts, Record<string, string>])[] = [
  [
    'a plain resolv.conf',
    linuxFacts({ dhclient: true }),
    { '/etc/resolv.conf': 'nameserver 192.0.2.1\n', '/etc/dhcp/x': '' },
  ],
  [
    'a resolv.conf that is a link',
    linuxFacts({
      resolvConf: { kind: 'link', target: '/run/resolvconf/resolv.conf', text: 'nameserver 192.0.2.1\n' },
    }),
    {
      '/etc/resolv.conf': '-> ../run/resolvconf/resolv.conf',
      '/run/resolvconf/resolv.conf': 'nameserver 192.0.2.1\n',
    },
  ],
  [
    'no resolv.conf',
    linuxFacts({
      resolvConf: { kind: 'absent', text: '' },
      config: config({ listen: [{ host: '127.0.0.1', port: 53 }], upstreams: 'others' }),
    }),
    { '/etc/hosts': '' },
  ],
  [
    'NetworkManager',
    linuxFacts({ networkManager: networkManager() }),
    {
      '/etc/resolv.conf': '-> /run/NetworkManager/resolv.conf',
      '/etc/NetworkManager/conf.d/zz-signpost.conf': 'from before\n',
    },
  ],
  [
    'systemd-resolved',
    resolvedFacts(258),
    { '/etc/resolv.conf': '-> /run/systemd/resolve/stub-resolv.conf', '/etc/systemd/resolved.conf': '' },
  ],
  ['macOS', macFacts(), { '/etc/hosts': '' }],
  ['Windows', windowsFacts(), { '/Windows/x': '' }],
]

describe.each(machines)('on a machine with %s', (_, facts, files) => {
  test('uninstalling brings every octet, mode, owner and link back, and leaves nothing of its own', async () => {
    await using root = await TestRoot.create(files)
    await makeUnusual(root)
    const before = await root.everything()
    const { site, ran } = rigFor(root, facts)
    await installOn(site)
    expect(await root.everything()).not.toEqual(before)
    const done = ran.length
    expect(await uninstall(site, 'refuse')).toEqual({ left: [], edited: [], failed: [] })
    expect(await root.everything()).toEqual(before)
    const undoing = planFor(facts).changes.flatMap(change =>
      change.kind === 'command' && change.undo ? [change.undo] : [],
    )
    expect(ran.slice(done)).toEqual(undoing.toReversed().map(command => command.join(' ')))
  })

  test('an installation that is killed at any moment can be undone', async () => {
    const { length } = await killedAtEveryMoment(facts, files, async (root, expected) => {
      const { site } = rigFor(root, facts)
      await uninstall(site, 'refuse')
      expect(await root.everything()).toEqual(expected)
    })
    expect(length).toBeGreaterThan(10)
  })

  test('an installation that is killed at any moment can be made again, and undone then', async () => {
    await killedAtEveryMoment(facts, files, async (root, expected) => {
      const { site } = rigFor(root, facts)
      await installOn(site)
      await uninstall(site, 'refuse')
      expect(await root.everything()).toEqual(expected)
    })
  })

  test('an uninstallation that is killed at any moment can be made again', async () => {
    for (let moment = 0; ; moment++) {
      await using root = await TestRoot.create(files)
      const before = await root.everything()
      await installOn(rigFor(root, facts).site)
      const survived = await survives(uninstall(rigFor(root, facts, moment).site, 'refuse'))
      await uninstall(rigFor(root, facts).site, 'refuse')
      expect(await root.everything()).toEqual(before)
      if (survived) break
    }
  })

  test('installing twice is the same as once', async () => {
    await using root = await TestRoot.create(files)
    const { site, ran } = rigFor(root, facts)
    await installOn(site)
    const installed = await root.everything()
    const done = ran.length
    expect((await install(site, planFor)).isInstalled).toBe(true)
    expect(await root.everything()).toEqual(installed)
    expect(ran).toHaveLength(done)
  })
})

/** Kills an installation after each number of effects. @returns how it went each time. */
async function killedAtEveryMoment(
  facts: Facts,
  files: Record<string, string>,
  then: (root: TestRoot, before: string[]) => Promise<void>,
): Promise<boolean[]> {
  const survived: boolean[] = []
  while (survived.at(-1) !== true) {
    await using root = await TestRoot.create(files)
    const before = await root.everything()
    const { site } = rigFor(root, facts, survived.length)
    const prepared = await prepare(
      { ...site, journal: new JournalFile(diskBelow(root.path), JOURNAL) },
      planFor,
    )
    survived.push(await survives(carryOut(prepared.plan, site)))
    await then(root, before)
  }
  return survived
}

async function survives(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    (error: unknown) => {
      if (error instanceof Killed) return false
      throw error
    },
  )
}

/** Gives what is there other modes and, where this user may, other owners. */
async function makeUnusual(root: TestRoot): Promise<void> {
  for (const path of [
    '/etc/resolv.conf',
    '/etc/systemd/resolved.conf',
    '/etc/NetworkManager/conf.d/zz-signpost.conf',
  ]) {
    const place = join(root.path, path)
    await chmod(place, 0o640).catch(() => undefined)
    await chown(place, 65_534, 65_534).catch(() => undefined)
  }
}

describe('where somebody has changed a file since', () => {
  const facts = linuxFacts()
  const files = { '/etc/resolv.conf': 'nameserver 192.0.2.1\n' }

  test('uninstalling changes nothing, and says what to do', async () => {
    await using root = await TestRoot.create(files)
    const { site, ran } = rigFor(root, facts)
    await installOn(site)
    await root.write('/etc/resolv.conf', 'nameserver 192.0.2.99\n')
    const then = await root.everything()
    const done = ran.length
    await expect(uninstall(site, 'refuse')).rejects.toMatchObject({
      code: 'CHANGED_SINCE',
      paths: ['/etc/resolv.conf'],
      message: expect.stringContaining('mv /etc/resolv.conf /etc/resolv.conf.mine'),
    })
    expect(await root.everything()).toEqual(then)
    expect(ran).toHaveLength(done)
  })

  test('what the message says works: move it away, or keep it', async () => {
    await using moved = await TestRoot.create(files)
    await installOn(rigFor(moved, facts).site)
    await moved.write('/etc/resolv.conf.mine', 'nameserver 192.0.2.99\n')
    await diskBelow(moved.path).place('/etc/resolv.conf', { kind: 'absent' })
    await uninstall(rigFor(moved, facts).site, 'refuse')
    expect(await moved.read('/etc/resolv.conf')).toBe('nameserver 192.0.2.1\n')

    await using kept = await TestRoot.create(files)
    await installOn(rigFor(kept, facts).site)
    await kept.write('/etc/resolv.conf', 'nameserver 192.0.2.99\n')
    const undone = await uninstall(rigFor(kept, facts).site, 'leave')
    expect(undone?.left).toEqual(['/etc/resolv.conf'])
    expect(await kept.read('/etc/resolv.conf')).toBe('nameserver 192.0.2.99\n')
    expect((await kept.everything()).filter(line => line.includes('signpost'))).toEqual([])
  })

  test('another mode is a change too', async () => {
    await using root = await TestRoot.create(files)
    const { site } = rigFor(root, facts)
    await installOn(site)
    await chmod(join(root.path, '/etc/resolv.conf'), 0o600)
    await expect(uninstall(site, 'refuse')).rejects.toMatchObject({ code: 'CHANGED_SINCE' })
  })

  test('installing again takes that as what was there before', async () => {
    await using root = await TestRoot.create(files)
    const { site } = rigFor(root, facts)
    await installOn(site)
    await root.write('/etc/resolv.conf', 'nameserver 192.0.2.99\n')
    expect(await install(site, planFor)).toMatchObject({
      isInstalled: false,
      undone: { left: ['/etc/resolv.conf'], edited: [] },
    })
    expect(await root.read('/etc/resolv.conf')).toContain('nameserver 127.0.0.1')
    await uninstall(site, 'refuse')
    expect(await root.read('/etc/resolv.conf')).toBe('nameserver 192.0.2.99\n')
  })

  test('a configuration that its owner has edited stays, and one that nobody has touched goes', async () => {
    await using root = await TestRoot.create(files)
    const { site } = rigFor(root, facts)
    await installOn(site)
    await root.write('/etc/signpost/signpost.toml', '# mine\n')
    expect(await uninstall(site, 'refuse')).toMatchObject({
      left: ['/etc/signpost/signpost.toml'],
    })
    expect(await root.read('/etc/signpost/signpost.toml')).toBe('# mine\n')
  })

  test('servers that a DHCP client has written for the gateway go with it', async () => {
    await using root = await TestRoot.create(files)
    const before = await root.everything()
    const { site } = rigFor(root, facts)
    await installOn(site)
    await root.write('/etc/signpost/upstreams.conf', 'nameserver 192.0.2.44\n')
    await uninstall(site, 'refuse')
    expect(await root.everything()).toEqual(before)
  })
})

test('what was killed while it wrote a file leaves nothing beside that', async () => {
  await using root = await TestRoot.create({ '/etc/resolv.conf': 'nameserver 192.0.2.1\n' })
  const before = await root.everything()
  const { site } = rigFor(root, linuxFacts())
  const dying: Disk = {
    ...site.disk,
    place: async (path, state) => {
      if (path !== '/etc/resolv.conf') return site.disk.place(path, state)
      await root.write('/etc/.resolv.conf.signpost', 'half of')
      throw new Killed()
    },
  }
  expect(await survives(carryOut(planFor(linuxFacts()), { ...site, disk: dying }))).toBe(false)
  await uninstall(site, 'refuse')
  expect(await root.everything()).toEqual(before)
})

describe('a step that fails', () => {
  test('undoes those before it, and says which one it was', async () => {
    await using root = await TestRoot.create({ '/etc/resolv.conf': 'nameserver 192.0.2.1\n' })
    const before = await root.everything()
    const { site, ran } = rigFor(root, linuxFacts())
    const failing: Site = { ...site, wait: () => Promise.reject(new Error('it is silent')) }
    await expect(installOn(failing)).rejects.toMatchObject({
      code: 'STEP_FAILED',
      message: expect.stringMatching(
        /^the step that waits until .* failed: it is silent\. What had been changed was undone$/,
      ),
    })
    expect(await root.everything()).toEqual(before)
    expect(ran.at(-2)).toBe('systemctl disable --now signpost.service')
  })

  test('while undoing keeps no file from being restored', async () => {
    await using root = await TestRoot.create({ '/etc/resolv.conf': 'nameserver 192.0.2.1\n' })
    const before = await root.everything()
    const { site } = rigFor(root, linuxFacts())
    await installOn(site)
    const failing: Site = { ...site, run: () => Promise.reject(new Error('no')) }
    const disable: Command = ['systemctl', 'disable', '--now', 'signpost.service']
    const undone = await uninstall(failing, 'refuse')
    expect(undone?.failed[0]).toEqual({ command: disable, reason: 'no' })
    expect(await root.everything()).toEqual(before)
  })
})

test('another scope takes the place of the one before', async () => {
  await using root = await TestRoot.create({ '/etc/resolv.conf': '-> /run/systemd/resolve/stub-resolv.conf' })
  const before = await root.everything()
  const { site } = rigFor(root, resolvedFacts(258))
  await installOn(site, 'names')
  await installOn(site, 'all')
  const paths = (await root.everything()).join('\n')
  expect(paths).toContain('/etc/systemd/resolved.conf.d/zz-signpost.conf')
  expect(paths).not.toContain('dns-delegate')
  await uninstall(site, 'refuse')
  expect(await root.everything()).toEqual(before)
})

test('with no journal there is nothing to undo', async () => {
  await using root = await TestRoot.create({ '/etc/hosts': '' })
  expect(await uninstall(rigFor(root, linuxFacts()).site, 'refuse')).toBeUndefined()
})

test('a journal of another version is left alone', async () => {
  await using root = await TestRoot.create({ [JOURNAL]: '{"version":99,"steps":[],"changes":[]}' })
  const { site } = rigFor(root, linuxFacts())
  await expect(uninstall(site, 'refuse')).rejects.toMatchObject({ code: 'JOURNAL' })
  await expect(prepare(site, planFor)).rejects.toThrow('use the signpost that wrote it')
})
