import { describe, expect, test, vi } from 'vitest'
import type { Check } from '../../packages/cli/src/system/doctor/check.ts'
import { Machine, SIGNPOST } from './machine.ts'
import { snapshot } from './snapshot.ts'
import { ORDINARY, UPSTREAM, askedUpstream, connect } from './uplink.ts'

// The real thing: Debian systems of their own, in namespaces that this test makes, with their own systemd, resolver and
// loopback. Nothing of this machine is changed, or reached.

vi.setConfig({ testTimeout: 600_000 })

/** A name whose records are in a zone that is published in the machine. */
interface Published {
  readonly name: string
  readonly address: string
}

const ZONE = '$TTL 300\nwww A 203.0.113.7\nelsewhere CNAME ordinary.example.\n'

/** A zone on the disk of the machine's own daemon: no peer is needed. */
async function publish(machine: Machine): Promise<Published> {
  await machine.sh(`mkdir -p /root/zone && printf '${ZONE.replaceAll('\n', '\\n')}' > /root/zone/alice.zone`)
  const { stdout } = await machine.signpost(['key', 'new', 'alice', '--json', '--data', '/root/zone'])
  const { zoneId } = JSON.parse(stdout) as { zoneId: string }
  await machine.sh(
    'mkdir -p /var/lib/signpost/keys && cp -p /root/zone/keys/alice.pem /var/lib/signpost/keys/',
  )
  // Nobody else is there to take it, which the command says; it is on the daemon's disk all the same.
  await machine.signpost([
    'publish',
    '/root/zone/alice.zone',
    '--key',
    'alice',
    '--data',
    '/var/lib/signpost',
  ])
  await machine.sh('rm -r /var/lib/signpost/keys /root/zone')
  return { name: `www.${zoneId}.signpost.internal`, address: '203.0.113.7' }
}

/** What a program gets that asks the C library, as nearly all do. */
async function lookUp(machine: Machine, name: string): Promise<string> {
  const { stdout } = await machine.run(['getent', 'ahostsv4', name])
  return /^\S+/.exec(stdout)?.[0] ?? 'nothing'
}

async function checksOf(machine: Machine): Promise<{ checks: Check[]; exit: number }> {
  const { stdout, code } = await machine.signpost(['doctor', '--json'])
  return { checks: (JSON.parse(stdout) as { checks: Check[] }).checks, exit: code }
}

/** The checks that found something, by name; a machine with no peers and no time server always has these two. */
async function troubles(machine: Machine): Promise<string[]> {
  const { checks } = await checksOf(machine)
  return checks.filter(({ status }) => status !== 'ok').map(({ name }) => name)
}
const LONELY = ['peers', 'clock']

async function expectInstalled(
  machine: Machine,
  { stdout, stderr, code }: { stdout: string; stderr: string; code: number },
): Promise<void> {
  expect({ stdout, stderr, code }).toMatchObject({ code: 0, stdout: expect.stringContaining('installed') })
  expect(await machine.sh('systemctl is-active signpost')).toBe('active\n')
}

async function installAndBack(machine: Machine, scope: 'names' | 'all'): Promise<void> {
  expect(await lookUp(machine, 'ordinary.example')).toBe(ORDINARY)
  const before = await snapshot(machine)

  await expectInstalled(machine, await machine.signpost(['install', '--scope', scope]))
  const { name, address } = await publish(machine)
  const asked = await askedUpstream(machine)
  expect(await lookUp(machine, name)).toBe(address)
  expect(await lookUp(machine, 'ordinary.example')).toBe(ORDINARY)
  expect(await lookUp(machine, name.replace('www.', 'elsewhere.'))).toBe(ORDINARY)
  expect((await askedUpstream(machine)).filter(one => one.includes('signpost.internal'))).toEqual(
    asked.filter(one => one.includes('signpost.internal')),
  )
  expect(await troubles(machine)).toEqual(LONELY)

  const again = await machine.signpost(['install', '--scope', scope])
  expect(again.stdout).toBe('this is installed already, and as it should be\n')

  expect(await machine.signpost(['uninstall'])).toMatchObject({ code: 0, stdout: 'uninstalled\n' })
  expect(await lookUp(machine, 'ordinary.example')).toBe(ORDINARY)
  expect(await lookUp(machine, name)).toBe('nothing')
  // The data stays, as the command says.
  expect(withoutData(await snapshot(machine))).toEqual(withoutData(before))
  expect(before.filter(line => line.includes('signpost') && !line.includes('/opt/signpost'))).toEqual([])
}

function withoutData(lines: readonly string[]): string[] {
  return lines.filter(line => !line.includes(' /var/lib/signpost '))
}

describe.each([
  ['systemd-resolved of Debian 12, which needs an interface', 'bookworm'],
  ['systemd-resolved that reads dns-delegate files', 'forky'],
] as const)('%s', (_, suite) => {
  test.each(['names', 'all'] as const)('scope %s: names go where they should, and back', async scope => {
    await using machine = await Machine.boot({ suite })
    await connect(machine)
    await machine.sh(`resolvectl dns uplink0 ${UPSTREAM}`)
    await installAndBack(machine, scope)
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
      'until dig +short +tries=1 +time=1 @127.0.0.1 -p 5300 signpost.internal SOA | grep -q .; do :; done',
    )
    expect(await lookUp(machine, name)).toBe(address)
  })
})

/** Queries that the gateway took since it started. */
async function packets(machine: Machine): Promise<number> {
  const { stdout } = await machine.signpost(['status', '--json', '--data', '/var/lib/signpost'])
  const { gateway } = JSON.parse(stdout) as { gateway: { stats: { packets: Record<string, number> } } }
  return Object.values(gateway.stats.packets).reduce((sum, count) => sum + count, 0)
}

/** A machine whose programs read the servers of resolv.conf, and ask those themselves. */
async function machineByResolvConf(
  services: readonly string[] = [],
  files: Record<string, string> = {},
): Promise<Machine> {
  const resolvConf = `nameserver ${UPSTREAM}\noptions timeout:1\n`
  const machine = await Machine.boot({ services, files: { '/etc/resolv.conf': resolvConf, ...files } })
  await machine.sh('systemctl disable --now --quiet systemd-resolved')
  await connect(machine)
  return machine
}

describe('resolv.conf alone', () => {
  test('scope all: the gateway is the one server, asks those that were there, and all comes back', async () => {
    await using machine = await machineByResolvConf()
    await installAndBack(machine, 'all')
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
    await installAndBack(machine, scope)
  })
})

describe('NetworkManager', () => {
  async function managed(dns: string): Promise<Machine> {
    const machine = await machineByResolvConf(['NetworkManager.service'], {
      '/etc/NetworkManager/conf.d/10-test.conf': `[main]\ndns=${dns}\nrc-manager=file\n[keyfile]\nunmanaged-devices=interface-name:uplink1\n`,
    })
    await machine.sh(`
      systemctl restart NetworkManager
      nmcli connection add type ethernet con-name uplink ifname uplink0 ipv4.method manual \
        ipv4.addresses 192.0.2.10/24,${UPSTREAM}/24 ipv4.dns ${UPSTREAM} ipv6.method disabled
      nmcli --wait 30 connection up uplink
      until grep -q nameserver /etc/resolv.conf; do sleep 0.1; done
    `)
    return machine
  }

  test('that writes resolv.conf, scope all: the gateway asks the servers of whatever network it is in', async () => {
    await using machine = await managed('default')
    await installAndBack(machine, 'all')
  })

  test.each(['names', 'all'] as const)(
    'with its dnsmasq, scope %s: names go where they should, and back',
    async scope => {
      await using machine = await managed('dnsmasq')
      await installAndBack(machine, scope)
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
      expect(withoutData(await snapshot(machine))).toEqual(withoutData(before))
      expect(await lookUp(machine, 'ordinary.example')).toBe(ORDINARY)
    }
    await killedAfter(machine, 4)
    await expectInstalled(machine, await machine.signpost(['install', '--scope', 'all']))
    expect(await troubles(machine)).toEqual(LONELY)
    expect(await machine.signpost(['uninstall'])).toMatchObject({ code: 0 })
    expect(withoutData(await snapshot(machine))).toEqual(withoutData(before))
  })

  /** Kills an installation as soon as it has begun with so many files. */
  async function killedAfter(machine: Machine, files: number): Promise<void> {
    const journal = '/var/lib/signpost-install/journal.json'
    await machine.sh(`
      ${SIGNPOST.join(' ')} install --scope all > /dev/null 2>&1 &
      until [ "$(grep -o '"kind":"place"' ${journal} 2> /dev/null | wc -l)" -ge ${files} ]; do :; done
      kill -KILL $!
      wait $! || [ $? = 137 ]
      test -e ${journal}
    `)
  }

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
    expect(withoutData(await snapshot(machine))).toEqual(withoutData(before))
    expect(await lookUp(machine, 'ordinary.example')).toBe(ORDINARY)
  })
})

describe('the service', () => {
  test.each(['bookworm', 'forky'] as const)('is well-formed and shut in, as %s judges it', async suite => {
    await using machine = await Machine.boot({ suite })
    await expectInstalled(machine, await machine.signpost(['install']))
    expect(await machine.run(['systemd-analyze', 'verify', '/etc/systemd/system/signpost.service'])).toEqual({
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

  test('has a user of its own, one capability, and one directory that it writes to', async () => {
    await using machine = await Machine.boot()
    await expectInstalled(machine, await machine.signpost(['install']))
    const process = await machine.sh('cat /proc/$(systemctl show --property=MainPID --value signpost)/status')
    expect(process).toMatch(/^Uid:\s+6\d{4}\s/m)
    expect(process).toMatch(/^CapBnd:\s+0000000000000400$/m)
    expect(process).toMatch(/^CapEff:\s+0000000000000400$/m)
    expect(process).toMatch(/^NoNewPrivs:\s+1$/m)
    expect(process).toMatch(/^Seccomp:\s+2$/m)
  })
})
