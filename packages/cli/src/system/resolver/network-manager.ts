import { type Change, type Part, impossible, part } from '../change.ts'
import type { LinuxFacts } from '../facts.ts'
import { parseResolvConf, printResolvConf } from '../machine/resolv-conf.ts'
import type { Setup } from '../setup.ts'
import { throughNetworkManagersDnsmasq } from './dnsmasq.ts'

/** The servers of the network that the machine is in, whatever `dns` and `rc-manager` say (NetworkManager.conf(5)). */
export const LIVE_SERVERS = '/run/NetworkManager/no-stub-resolv.conf'

/** NetworkManager that writes resolv.conf itself, or has a dnsmasq between. */
export function throughNetworkManager(facts: LinuxFacts, dnsmasq: boolean, setup: Setup): Part {
  if (setup.scope === 'all') return part(...everyName(facts, setup))
  if (dnsmasq) return throughNetworkManagersDnsmasq(setup)
  return impossible(
    'NetworkManager writes the servers of the network into resolv.conf, which has one list for all names; ' +
      'either let the gateway resolve all names with --scope all, or give NetworkManager a resolver that tells names ' +
      'apart: dns=systemd-resolved or dns=dnsmasq in the section [main] of /etc/NetworkManager/NetworkManager.conf',
  )
}

function everyName({ resolvConf }: LinuxFacts, { at }: Setup): Change[] {
  const reload = ['systemctl', 'reload', 'NetworkManager.service'] as const
  const sentence = 'lets NetworkManager read its configuration again'
  const { others } = parseResolvConf(resolvConf.text)
  return [
    { kind: 'command', sentence, undo: reload },
    {
      kind: 'file',
      path: '/etc/NetworkManager/conf.d/zz-signpost.conf',
      mode: 0o644,
      sentence: 'keeps NetworkManager away from resolv.conf',
      content: `# Written by "signpost install --scope all"; "signpost uninstall" takes it away.
# The servers of the network still go to ${LIVE_SERVERS}, where the gateway finds them.
[main]
dns=none
`,
    },
    { kind: 'command', sentence, run: reload },
    {
      kind: 'file',
      path: '/etc/resolv.conf',
      mode: 0o644,
      sentence: 'lets every program ask the gateway',
      content: printResolvConf({ servers: [at.host], others }, [
        'Written by "signpost install --scope all"; "signpost uninstall" restores what was here.',
      ]),
    },
  ]
}
