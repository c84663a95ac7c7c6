import { inspect, isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import type { Check } from '../../packages/cli/src/system/doctor/check.ts'
import { Machine, SIGNPOST } from './machine.ts'
import { snapshot } from './snapshot.ts'
import { ORDINARY, UPSTREAM, askedUpstream, connect } from './uplink.ts'

/** A name whose records are in a zone that is published in the machine. */
interface Published {
  readonly name: string
  readonly address: string
}

const ZONE = '$TTL 300\nwww A 203.0.113.7\nelsewhere CNAME ordinary.example.\n'

/** A zone on the disk of the machine's own daemon: no peer is needed. */
export async function publish(machine: Machine): Promise<Published> {
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
export async function lookUp(machine: Machine, name: string): Promise<string> {
  const { stdout } = await machine.run(['getent', 'ahostsv4', name])
  return /^\S+/.exec(stdout)?.[0] ?? 'nothing'
}

export async function checksOf(machine: Machine): Promise<{ checks: Check[]; exit: number }> {
  const { stdout, code } = await machine.signpost(['doctor', '--json'])
  return { checks: (JSON.parse(stdout) as { checks: Check[] }).checks, exit: code }
}

/** The checks that found something, by name; a machine with no peers and no time server always has these two. */
export async function troubles(machine: Machine): Promise<string[]> {
  const { checks } = await checksOf(machine)
  return checks.filter(({ status }) => status !== 'ok').map(({ name }) => name)
}
export const LONELY = ['peers', 'clock']

export async function expectInstalled(
  machine: Machine,
  { stdout, stderr, code }: { stdout: string; stderr: string; code: number },
): Promise<void> {
  expect({ stdout, stderr, code }).toMatchObject({ code: 0, stdout: expect.stringContaining('installed') })
  expect(await machine.sh('systemctl is-active signpost')).toBe('active\n')
}

/** Installs, looks names up, and uninstalls. @returns all that is not as it should be. */
export async function installAndBack(machine: Machine, scope: 'names' | 'all'): Promise<string[]> {
  const wrong: string[] = []
  const check = (what: string, found: unknown, wanted: unknown): void => {
    if (!isDeepStrictEqual(found, wanted)) wrong.push(`${what}: ${inspect(found)}, not ${inspect(wanted)}`)
  }
  const before = await snapshot(machine)
  check('an ordinary name at first', await lookUp(machine, 'ordinary.example'), ORDINARY)

  const installed = await machine.signpost(['install', '--scope', scope])
  check('installing', installed, { ...installed, code: 0, stdout: 'installed; see signpost doctor\n' })
  const { name, address } = await publish(machine)
  const asked = await ourNamesAsked(machine)
  check('a name of a zone', await lookUp(machine, name), address)
  check('an ordinary name', await lookUp(machine, 'ordinary.example'), ORDINARY)
  check('an alias', await lookUp(machine, name.replace('www.', 'elsewhere.')), ORDINARY)
  check('what strangers were asked', await ourNamesAsked(machine), asked)
  check('what doctor finds', await troubles(machine), LONELY)
  const again = await machine.signpost(['install', '--scope', scope])
  check('installing again', again.stdout, 'this is installed already, and as it should be\n')

  const { code, stdout } = await machine.signpost(['uninstall'])
  check('uninstalling', { code, stdout }, { code: 0, stdout: 'uninstalled\n' })
  check('an ordinary name in the end', await lookUp(machine, 'ordinary.example'), ORDINARY)
  check('a name of a zone in the end', await lookUp(machine, name), 'nothing')
  check('files', changesOf(before, await snapshot(machine)), [])
  return wrong
}

/** Names below our suffix that the ordinary DNS server was asked for. */
async function ourNamesAsked(machine: Machine): Promise<string[]> {
  return (await askedUpstream(machine)).filter(name => name.includes('signpost.internal'))
}

/** The lines of two snapshots that are in one of them alone; but the service's data stays, as the command says. */
export function changesOf(before: readonly string[], after: readonly string[]): string[] {
  const gone = before.filter(line => !after.includes(line)).map(line => `- ${line}`)
  const come = after.filter(line => !before.includes(line) && !line.includes(' /var/lib/signpost '))
  return [...gone, ...come.map(line => `+ ${line}`)]
}

/** Queries that the gateway took since it started. */
export async function packets(machine: Machine): Promise<number> {
  const { stdout } = await machine.signpost(['status', '--json', '--data', '/var/lib/signpost'])
  const { gateway } = JSON.parse(stdout) as { gateway: { stats: { packets: Record<string, number> } } }
  return Object.values(gateway.stats.packets).reduce((sum, count) => sum + count, 0)
}

/** A machine whose programs read the servers of resolv.conf, and ask those themselves. */
export async function machineByResolvConf(
  services: readonly string[] = [],
  files: Record<string, string> = {},
): Promise<Machine> {
  const resolvConf = `nameserver ${UPSTREAM}\noptions timeout:1\n`
  const machine = await Machine.boot({ services, files: { '/etc/resolv.conf': resolvConf, ...files } })
  await machine.sh('systemctl disable --now --quiet systemd-resolved')
  await connect(machine)
  return machine
}

/** One whose resolv.conf NetworkManager writes. */
export async function machineByNetworkManager(dns: string): Promise<Machine> {
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

/** Kills an installation as soon as it has begun with so many files. */
export async function killedAfter(machine: Machine, files: number): Promise<void> {
  const journal = '/var/lib/signpost-install/journal.json'
  await machine.sh(`
    ${SIGNPOST.join(' ')} install --scope all > /dev/null 2>&1 &
    until [ "$(grep -o '"kind":"place"' ${journal} 2> /dev/null | wc -l)" -ge ${files} ]; do :; done
    kill -KILL $!
    wait $! || [ $? = 137 ]
    test -e ${journal}
  `)
}
