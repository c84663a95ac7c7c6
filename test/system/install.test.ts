import { describe, expect, test, vi } from 'vitest'
import {
  publish,
  lookUp,
  checksOf,
  troubles,
  LONELY,
  expectInstalled,
  installAndBack,
  changesOf,
  packets,
  machineByResolvConf,
  machineByNetworkManager,
  killedAfter,
} from './installed.ts'
import { Machine, SIGNPOST, canBoot } from './machine.ts'
import { snapshot } from './snapshot.ts'
import { ORDINARY, UPSTREAM, askedUpstream, connect } from './uplink.ts'

// The real thing: Debian systems of their own, in namespaces that this test makes, with their own systemd, resolver and
// loopback. Nothing of this machine is changed, or reached.

vi.setConfig({ testTimeout: 600_000 })

describe.skipIf(!canBoot())('on a Debian system', () => {
  describe.each([
    ['systemd-resolved of Debian 12, which needs an interface', 'bookworm'],
    ['systemd-resolved that reads dns-delegate files', 'forky'],
  ] as const)('%s', (_, suite) => {
    test.each(['names', 'all'] as const)('scope %s: names go where they should, and back', async scope => {
      await using machine = await Machine.boot({ suite })
      await connect(machine)
      await machine.sh(`resolvectl dns uplink0 ${UPSTREAM}`)
      expect(await installAndBack(machine, scope)).toEqual([])
    })

    test('with scope names the gateway is not asked for others, and its names stay here while it is down', async () => {
      await using machine = await Machine.boot({ suite })
      await connect(machine)
      await machine.sh(`resolvectl dns uplink0 ${UPSTREAM}`)
      await expectInstalled(machine, await machine.signpost(['install']))
      const before = await packets(machine)
      expect(await lookUp(machine, 'ordinary.example')).toBe(ORDINARY)
      expect(await packets(machine)).toBe(before)
      await machine.sh('systemctl stop signpost')
      expect(await lookUp(machine, 'secret.signpost.internal')).toBe('nothing')
      expect((await askedUpstream(machine)).filter(name => name.startsWith('secret'))).toEqual([])
    })

    test('all of it is there again after a reboot', async () => {
      await using machine = await Machine.boot({ suite })
      await expectInstalled(machine, await machine.signpost(['install']))
      const { name, address } = await publish(machine)
      await machine.reboot()
      await connect(machine)
      await machine.sh('until systemctl is-active --quiet signpost; do sleep 0.1; done')
      await machine.sh(
        'until dig +short +tries=1 +time=1 @127.0.0.83 signpost.internal SOA | grep -q nobody; do :; done',
      )
      expect(await lookUp(machine, name)).toBe(address)
    })
  })

  describe('resolv.conf alone', () => {
    test('scope all: the gateway is the one server, asks those that were there, and all comes back', async () => {
      await using machine = await machineByResolvConf()
      expect(await installAndBack(machine, 'all')).toEqual([])
    })

    test('scope names is refused, and nothing is changed', async () => {
      await using machine = await machineByResolvConf()
      const before = await snapshot(machine)
      const refused = await machine.signpost(['install'])
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('with --scope all') })
      expect(await snapshot(machine)).toEqual(before)
    })

    test('where a DHCP client has overwritten it, doctor says so, and what it says mends it', async () => {
      await using machine = await machineByResolvConf()
      await expectInstalled(machine, await machine.signpost(['install', '--scope', 'all']))
      await machine.sh(`echo 'nameserver ${UPSTREAM}' > /etc/resolv.conf`)
      const { checks, exit } = await checksOf(machine)
      expect(exit).toBe(1)
      expect(checks.find(({ name }) => name === 'installation')).toEqual({
        name: 'installation',
        status: 'fail',
        sentence:
          '/etc/resolv.conf was changed: another program, such as a DHCP client, has put its own servers there',
        mend: 'sudo signpost install --scope all',
      })
      expect(checks.find(({ name }) => name === 'resolver')).toMatchObject({
        status: 'fail',
        sentence: expect.stringContaining(`this machine's resolver at ${UPSTREAM}:53 answers by itself`),
      })
      expect(await machine.signpost(['uninstall'])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('--keep-changed'),
      })
      await expectInstalled(machine, await machine.signpost(['install', '--scope', 'all']))
      expect(await troubles(machine)).toEqual(LONELY)
    })
  })

  describe('dnsmasq', () => {
    const files = {
      '/etc/dnsmasq.conf': 'listen-address=127.0.0.1\nbind-interfaces\nresolv-file=/etc/resolv.upstream\n',
      '/etc/resolv.upstream': `nameserver ${UPSTREAM}\n`,
    }

    test.each(['names', 'all'] as const)('scope %s: names go where they should, and back', async scope => {
      await using machine = await machineByResolvConf(['dnsmasq.service'], files)
      await machine.sh("echo 'nameserver 127.0.0.1' > /etc/resolv.conf && systemctl restart dnsmasq")
      expect(await installAndBack(machine, scope)).toEqual([])
    })
  })

  describe('NetworkManager', () => {
    test('that writes resolv.conf, scope all: the gateway asks the servers of whatever network it is in', async () => {
      await using machine = await machineByNetworkManager('default')
      expect(await installAndBack(machine, 'all')).toEqual([])
    })

    test.each(['names', 'all'] as const)(
      'with its dnsmasq, scope %s: names go where they should, and back',
      async scope => {
        await using machine = await machineByNetworkManager('dnsmasq')
        expect(await installAndBack(machine, scope)).toEqual([])
      },
    )
  })

  describe('an installation that is broken off', () => {
    test('by a kill between any two files can be undone, or made again', async () => {
      await using machine = await machineByResolvConf()
      const before = await snapshot(machine)
      for (const files of [1, 2, 3, 4]) {
        await killedAfter(machine, files)
        expect(await machine.signpost(['uninstall'])).toMatchObject({ code: 0 })
        expect(changesOf(before, await snapshot(machine))).toEqual([])
        expect(await lookUp(machine, 'ordinary.example')).toBe(ORDINARY)
      }
      await killedAfter(machine, 4)
      await expectInstalled(machine, await machine.signpost(['install', '--scope', 'all']))
      expect(await troubles(machine)).toEqual(LONELY)
      expect(await machine.signpost(['uninstall'])).toMatchObject({ code: 0 })
      expect(changesOf(before, await snapshot(machine))).toEqual([])
    })

    test('by a gateway that cannot start leaves the machine as it was, and says what the gateway said', async () => {
      const broken =
        '[gateway]\nlisten = ["127.0.0.1:53"]\nupstreams = ["192.0.2.53"]\ncertificate = { cert = "/none", key = "/none" }\ntls = ["127.0.0.1:853"]\n'
      await using machine = await machineByResolvConf([], { '/etc/signpost/signpost.toml': broken })
      const before = await snapshot(machine)
      const failed = await machine.signpost(['install', '--scope', 'all'])
      expect(failed).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/certificate.*What had been changed was undone/s),
      })
      expect(changesOf(before, await snapshot(machine))).toEqual([])
      expect(await lookUp(machine, 'ordinary.example')).toBe(ORDINARY)
    })
  })

  describe('the service', () => {
    test.each(['bookworm', 'forky'] as const)('is well-formed and shut in, as %s judges it', async suite => {
      await using machine = await Machine.boot({ suite })
      await expectInstalled(machine, await machine.signpost(['install']))
      expect(
        await machine.run(['systemd-analyze', 'verify', '/etc/systemd/system/signpost.service']),
      ).toEqual({
        code: 0,
        stdout: '',
        stderr: '',
      })
      const judged = await machine.run([
        'systemd-analyze',
        'security',
        '--offline=true',
        '--threshold=20',
        '/etc/systemd/system/signpost.service',
      ])
      expect(judged).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/Overall exposure level.*: [01]\.\d OK/),
      })
    })

    test('can be examined by those who may not see all of it', async () => {
      await using machine = await Machine.boot()
      await expectInstalled(machine, await machine.signpost(['install']))
      const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'env', 'HOME=/tmp']
      const { stdout } = await machine.run([...nobody, ...SIGNPOST, 'doctor'])
      expect(stdout).toMatch(
        /^warn {2}installation: this user may not see what was installed\n {6}-> sudo signpost doctor$/m,
      )
      expect(stdout).toMatch(/^ok {4}listening: the gateway answers at 127\.0\.0\.83:53/m)
    })

    test('has a user of its own, one capability, and one directory that it writes to', async () => {
      await using machine = await Machine.boot()
      await expectInstalled(machine, await machine.signpost(['install']))
      const process = await machine.sh(
        'cat /proc/$(systemctl show --property=MainPID --value signpost)/status',
      )
      expect(process).toMatch(/^Uid:\s+6\d{4}\s/m)
      expect(process).toMatch(/^CapBnd:\s+0000000000000400$/m)
      expect(process).toMatch(/^CapEff:\s+0000000000000400$/m)
      expect(process).toMatch(/^NoNewPrivs:\s+1$/m)
      expect(process).toMatch(/^Seccomp:\s+2$/m)
    })
  })
})
