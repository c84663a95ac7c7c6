import { describe, expect, test, vi } from 'vitest'
import {
  LONELY,
  checksOf,
  expectInstalled,
  lookUp,
  machineByResolvConf,
  publish,
  troubles,
} from './installed.ts'
import { Machine, SIGNPOST, canBoot } from './machine.ts'
import { ORDINARY, UPSTREAM, connect } from './uplink.ts'

// Machines on which others were before the gateway, or come after it. As in install.test.ts, nothing of this machine is
// changed, or reached.

vi.setConfig({ testTimeout: 600_000 })

const RESOLV_CONF = `nameserver ${UPSTREAM}\noptions timeout:1\n`

describe.skipIf(!canBoot())('on a Debian system', () => {
  test('an edit of resolv.conf is no loss: what doctor says puts it right, and the original comes back', async () => {
    await using machine = await machineByResolvConf()
    await expectInstalled(machine, await machine.signpost(['install', '--scope', 'all']))
    await machine.sh("echo 'options edns0' >> /etc/resolv.conf")
    const { checks } = await checksOf(machine)
    expect(checks[0]).toMatchObject({ status: 'fail', mend: 'sudo signpost install --scope all' })
    await expectInstalled(machine, await machine.signpost(['install', '--scope', 'all']))
    expect(await lookUp(machine, 'ordinary.example')).toBe(ORDINARY)
    expect(await machine.signpost(['uninstall'])).toMatchObject({ code: 0 })
    expect(await machine.sh('cat /etc/resolv.conf')).toBe(RESOLV_CONF)
  })

  test('of two that install at once one is told to wait, and the original comes back', async () => {
    await using machine = await machineByResolvConf()
    const both = await Promise.all([
      machine.signpost(['install', '--scope', 'all']),
      machine.signpost(['install', '--scope', 'all']),
    ])
    for (const { code, stderr } of both)
      if (code !== 0) expect(stderr).toContain('is installing or uninstalling here')
    expect(both.some(({ code }) => code === 0)).toBe(true)
    expect(await machine.signpost(['uninstall'])).toMatchObject({ code: 0 })
    expect(await machine.sh('cat /etc/resolv.conf')).toBe(RESOLV_CONF)
  })

  test('a signal while it waits undoes what was done, and ends it with 130', async () => {
    const deaf = '[gateway]\nlisten = ["127.0.0.1:53", "203.0.113.99:53"]\nupstreams = ["192.0.2.53"]\n'
    await using machine = await machineByResolvConf([], { '/etc/signpost/signpost.toml': deaf })
    const ended = await machine.sh(`
      ${SIGNPOST.join(' ')} install --scope all > /dev/null 2>&1 &
      until grep -q '"enable"' /var/lib/signpost-install/journal.json 2> /dev/null \\
        && systemctl is-enabled --quiet signpost 2> /dev/null; do sleep 0.1; done
      kill -INT $!
      wait $! || echo $?
      test ! -e /etc/systemd/system/signpost.service
    `)
    expect(ended).toBe('130\n')
  })

  test('a resolver at 127.0.0.1 is asked for ordinary names', async () => {
    await using machine = await machineByResolvConf([], {
      '/etc/unbound/unbound.conf': `server:\n  interface: 127.0.0.1\n  module-config: "iterator"\n  do-ip6: no\n  domain-insecure: "."\nforward-zone:\n  name: "."\n  forward-addr: ${UPSTREAM}\n`,
    })
    await machine.sh("systemctl start unbound; echo 'nameserver 127.0.0.1' > /etc/resolv.conf")
    await expectInstalled(machine, await machine.signpost(['install', '--scope', 'all']))
    const { name, address } = await publish(machine)
    expect(await lookUp(machine, name)).toBe(address)
    expect(await lookUp(machine, 'ordinary.example')).toBe(ORDINARY)
    expect(await troubles(machine)).toEqual(LONELY)
  })

  test.each([
    ['names', 'bookworm'],
    ['all', 'bookworm'],
    ['names', 'forky'],
  ] as const)('a systemd-resolved that asks over TLS, scope %s on %s', async (scope, suite) => {
    await using machine = await Machine.boot({
      suite,
      files: { '/etc/systemd/resolved.conf.d/tls.conf': '[Resolve]\nDNSOverTLS=yes\n' },
    })
    await connect(machine)
    await machine.sh(`resolvectl dns uplink0 ${UPSTREAM}; resolvectl dnsovertls uplink0 no`)
    await expectInstalled(machine, await machine.signpost(['install', '--scope', scope]))
    const { name, address } = await publish(machine)
    expect(await lookUp(machine, name)).toBe(address)
    expect(await lookUp(machine, 'ordinary.example')).toBe(ORDINARY)
  })

  test("a drop-in of the administrator's leaves the gateway the only server of systemd-resolved", async () => {
    const files = { '/etc/systemd/resolved.conf.d/99-site.conf': `[Resolve]\nDNS=${UPSTREAM}\n` }
    await using machine = await Machine.boot({ files })
    await connect(machine)
    await expectInstalled(machine, await machine.signpost(['install', '--scope', 'all']))
    expect(await machine.sh('resolvectl dns')).toMatch(/^Global: 127\.0\.0\.83$/m)
    expect(await lookUp(machine, 'ordinary.example')).toBe(ORDINARY)
  })

  test('settings that keep the gateway from being asked stop an installation, and it says so', async () => {
    const files = {
      '/etc/systemd/resolved.conf.d/zzz.conf': `[Resolve]\nDNS=\nDNS=${UPSTREAM}\nDomains=~.\n`,
    }
    await using machine = await Machine.boot({ files })
    await connect(machine)
    expect(await machine.signpost(['install', '--scope', 'all'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('do not reach the gateway through systemd-resolved at 127.0.0.53:53'),
    })
    expect(await lookUp(machine, 'ordinary.example')).toBe(ORDINARY)
  })

  test('nobody without rights can answer in the place of a gateway that is down', async () => {
    await using machine = await Machine.boot()
    await connect(machine)
    await machine.sh(`resolvectl dns uplink0 ${UPSTREAM}`)
    await expectInstalled(machine, await machine.signpost(['install', '--scope', 'all']))
    const taken = await machine.run([
      'sh',
      '-c',
      `systemctl stop signpost; sed 's/interface: .*/interface: 127.0.0.83@53/' /run/upstream.conf > /tmp/evil.conf
       setpriv --reuid=65534 --regid=65534 --clear-groups timeout 5 unbound -d -c /tmp/evil.conf`,
    ])
    expect(taken.stderr + taken.stdout).toMatch(/[Pp]ermission denied/)
  })

  test('an address that comes after the service has started is waited for', async () => {
    const late = `[gateway]\nlisten = ["127.0.0.1:53", "192.0.2.10:53"]\nallow = ["192.0.2.0/24"]\nupstreams = ["${UPSTREAM}"]\n`
    await using machine = await machineByResolvConf([], { '/etc/signpost/signpost.toml': late })
    await expectInstalled(machine, await machine.signpost(['install', '--scope', 'all']))
    await machine.reboot()
    await machine.sh(
      'until [ "$(systemctl show --property=NRestarts --value signpost)" -ge 1 ]; do sleep 0.1; done',
    )
    await connect(machine)
    await machine.sh(
      'until dig +short +tries=1 +time=1 @192.0.2.10 signpost.internal SOA | grep -q nobody; do :; done',
    )
    expect(await lookUp(machine, 'ordinary.example')).toBe(ORDINARY)
  })
})
