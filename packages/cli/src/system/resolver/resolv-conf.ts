import type { HostPort } from '../../values/host-port.ts'
import { type Change, type Part, impossible, part } from '../change.ts'
import type { LinuxFacts } from '../facts.ts'
import { parseResolvConf, printResolvConf } from '../machine/resolv-conf.ts'
import { OWN_LOOPBACK } from '../place.ts'
import type { Setup } from '../setup.ts'

/** What resolv.conf had, for the gateway to ask. */
export const KEPT_SERVERS = '/etc/signpost/upstreams.conf'
const HOOK = '/etc/dhcp/dhclient-enter-hooks.d/signpost'

/** A resolv.conf that nobody stands behind, or only a DHCP client. */
export function throughResolvConf(facts: LinuxFacts, live: string | undefined, setup: Setup): Part {
  if (setup.scope === 'names')
    return impossible(
      'resolv.conf has one list of servers for all names, so that names cannot be told apart here; ' +
        'let the gateway resolve all names with --scope all, or install systemd-resolved or dnsmasq',
    )
  const { others } = parseResolvConf(facts.resolvConf.text)
  const own: Change = {
    kind: 'file',
    path: '/etc/resolv.conf',
    mode: 0o644,
    sentence: 'lets every program ask the gateway',
    content: printResolvConf({ servers: [setup.at.host], others }, [
      'Written by "signpost install --scope all"; "signpost uninstall" restores what was here.',
    ]),
  }
  if (live !== undefined) return { changes: [own] }
  if (facts.dhclient) return { changes: [hook(), own] }
  return {
    changes: [own],
    notes: [
      'a DHCP client that writes /etc/resolv.conf would take the gateway out again; signpost doctor says whether that ' +
        `happened. When this machine gets other servers, write them to ${KEPT_SERVERS}`,
    ],
  }
}

/** Servers that the gateway can ask: those that are not itself, where it is or was. Others may be on this machine. */
function serversBeside({ host }: HostPort, text: string): readonly string[] {
  return parseResolvConf(text).servers.filter(server => server !== host && server !== OWN_LOOPBACK)
}

/** The servers of a resolv.conf that the gateway takes the place of. They have to be there before it starts. */
export function keptServers({ resolvConf, dhclient }: LinuxFacts, at: HostPort, configPath: string): Part {
  const servers = serversBeside(at, resolvConf.text)
  // The next lease brings some.
  if (servers.length === 0 && !dhclient) return impossible(noServers(configPath))
  return {
    changes: [
      {
        kind: 'file',
        path: KEPT_SERVERS,
        mode: 0o644,
        sentence: `keeps the servers that resolv.conf has (${servers.join(', ') || 'none'}), for the gateway to ask`,
        content: printResolvConf({ servers, others: [] }, [
          'The servers that /etc/resolv.conf had; Signpost asks them for ordinary names.',
        ]),
        ifChanged: 'undo',
      },
    ],
    notes: servers.length === 0 ? [noServersYet(KEPT_SERVERS)] : [],
  }
}

/** The file to which resolv.conf is a link: of an image, what is below /run comes when it starts. */
export function liveServers(
  { resolvConf }: LinuxFacts,
  live: string,
  at: HostPort,
  configPath: string,
): Part {
  if (serversBeside(at, resolvConf.text).length > 0) return part()
  return resolvConf.text === '' && live.startsWith('/run/')
    ? { changes: [], notes: [noServersYet(live)] }
    : impossible(noServers(configPath))
}

/** What to say where nobody is known who could be asked for ordinary names. */
export function noServers(configPath: string): string {
  return (
    'no server for ordinary names is known here, so every one of them would be refused; name some as upstreams in the ' +
    `table [gateway] of ${configPath}, and install again`
  )
}

function noServersYet(where: string): string {
  return `no server for ordinary names is known here, and they are refused until there is one in ${where}`
}

function hook(): Change {
  return {
    kind: 'file',
    path: HOOK,
    mode: 0o644,
    sentence:
      'lets dhclient give the servers of a lease to the gateway instead of writing them to resolv.conf',
    content: `# Written by "signpost install --scope all"; "signpost uninstall" takes it away. See dhclient-script(8).
make_resolv_conf() {
    [ -n "$new_domain_name_servers" ] || return 0
    for server in $new_domain_name_servers; do
        echo "nameserver $server"
    done > ${KEPT_SERVERS}.new && mv ${KEPT_SERVERS}.new ${KEPT_SERVERS}
}
`,
  }
}
