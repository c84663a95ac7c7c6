import { printHostPort } from '../../values/host-port.ts'
import { type Change, type Command, type CommandChange, type Part, impossible } from '../change.ts'
import type { LinuxFacts } from '../facts.ts'
import { OWN_LOOPBACK } from '../place.ts'
import { enableService, reloadUnits } from '../service/systemd.ts'
import type { Setup } from '../setup.ts'
import { type LinuxResolver, STUB_FILE } from './which.ts'

type Resolved = LinuxResolver & { readonly kind: 'resolved' }

/** Ports behind a server's address (systemd 246) and files that delegate domains (systemd 258). */
const PORTS_SINCE = 246
const DELEGATES_SINCE = 258

const DELEGATE = '/etc/systemd/dns-delegate.d/signpost.dns-delegate'
/** Behind what administrators put there: later names count. */
const DROP_IN = '/etc/systemd/resolved.conf.d/zz-signpost.conf'
export const LINK_SERVICE = 'signpost-link.service'
export const LINK = 'signpost0'
/** Its other end, where the kernel has no dummy links. */
const LINK_PEER = 'signpost1'
/** It makes the link one that systemd-resolved uses, and is seen by nobody else: it never leaves the machine. */
const LINK_ADDRESS = `${OWN_LOOPBACK}/32`

export function throughResolved(resolved: Resolved, facts: LinuxFacts, setup: Setup): Part {
  if (resolved.version < PORTS_SINCE)
    return impossible(
      `systemd ${resolved.version} cannot use a DNS server at a port of its own; update to systemd ${PORTS_SINCE} or newer`,
    )
  const changes = setup.scope === 'all' ? everyName(setup) : ourNames(resolved, facts, setup)
  return resolved.stub ? { changes } : { changes: [...changes, stubForAll()] }
}

function everyName({ at }: Setup): Change[] {
  return reloaded({
    kind: 'file',
    path: DROP_IN,
    mode: 0o644,
    sentence: 'tells systemd-resolved to ask the gateway for every name',
    // An empty DNS= drops the servers that files before this one name: all of them would be asked by turns.
    content: `# Written by "signpost install --scope all"; "signpost uninstall" takes it away.
# Names for which an interface has a domain of its own, such as a VPN's, still go there.
[Resolve]
DNS=
DNS=${printHostPort(at)}
Domains=~.
# The gateway is on this machine, and speaks no TLS there.
DNSOverTLS=no
`,
  })
}

function ourNames(resolved: Resolved, facts: LinuxFacts, setup: Setup): Change[] {
  // A delegate has no setting of its own for TLS, which the gateway does not speak here.
  if (resolved.version < DELEGATES_SINCE || facts.resolved?.overTls !== 'no') return throughLink(facts, setup)
  const { at, suffixes } = setup
  return reloaded({
    kind: 'file',
    path: DELEGATE,
    mode: 0o644,
    sentence: `tells systemd-resolved to ask the gateway for names below ${suffixes.join(' and ')}`,
    content: `# Written by "signpost install"; "signpost uninstall" takes it away. See systemd.dns-delegate(5).
[Delegate]
DNS=${printHostPort(at)}
Domains=${routed(suffixes)}
DefaultRoute=no
`,
  })
}

/**
 * Servers in resolved.conf are asked for every name that no interface claims, whatever their domains (resolved.conf(5)).
 * A server of an interface is not, once that is no default route; so the gateway gets an interface to itself.
 */
function throughLink({ networkManager, networkd }: LinuxFacts, setup: Setup): Change[] {
  const service = `/etc/systemd/system/${LINK_SERVICE}`
  const changes: Change[] = []
  if (networkManager?.active === true)
    changes.push({
      kind: 'file',
      path: '/etc/NetworkManager/conf.d/zz-signpost.conf',
      mode: 0o644,
      sentence: `keeps NetworkManager away from the interface ${LINK}`,
      content: `# Written by "signpost install"; "signpost uninstall" takes it away.
[keyfile]
unmanaged-devices+=interface-name:${LINK};interface-name:${LINK_PEER}
`,
    })
  if (networkd)
    changes.push({
      kind: 'file',
      path: '/etc/systemd/network/10-signpost.network',
      mode: 0o644,
      sentence: `keeps systemd-networkd away from the interface ${LINK}`,
      content: `# Written by "signpost install"; "signpost uninstall" takes it away.
[Match]
Name=${LINK} ${LINK_PEER}

[Link]
Unmanaged=yes
`,
    })
  const reloads = reloadNetwork(networkManager?.active === true, networkd)
  return [
    ...reloads.map(({ run: undo, sentence }): Change => ({ kind: 'command', sentence, undo })),
    ...changes,
    ...reloads,
    ...reloadUnits({
      kind: 'file',
      path: service,
      mode: 0o644,
      sentence: `makes an interface through which systemd-resolved asks the gateway for names below ${setup.suffixes.join(' and ')}`,
      content: linkUnit(setup),
    }),
    enableService(LINK_SERVICE, 'makes that interface now and whenever the machine starts'),
  ]
}

function linkUnit({ at, suffixes }: Setup): string {
  return `# Written by "signpost install"; "signpost uninstall" takes it away.
#
# systemd-resolved asks the servers of an interface for the interface's domains only, once the interface is no default
# route. This one carries no packets: the gateway is asked over loopback. It is apart from signpost.service so that,
# while the gateway is down, names for it fail here and are not asked of strangers.
[Unit]
Description=Interface through which systemd-resolved reaches Signpost
Wants=systemd-resolved.service
After=systemd-resolved.service network-pre.target
Before=nss-lookup.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStartPre=-ip link delete ${LINK}
# A pair of Ethernet interfaces does the same where the kernel has no dummy ones.
ExecStart=/bin/sh -c 'ip link add ${LINK} type dummy || { ip link add ${LINK} type veth peer name ${LINK_PEER} && ip link set ${LINK_PEER} up; }'
ExecStart=ip address add ${LINK_ADDRESS} scope global dev ${LINK}
ExecStart=ip link set ${LINK} up
ExecStart=resolvectl dns ${LINK} ${printHostPort(at)}
ExecStart=resolvectl domain ${LINK} ${routed(suffixes)}
ExecStart=resolvectl default-route ${LINK} no
ExecStart=-resolvectl dnsovertls ${LINK} no
ExecStart=-resolvectl llmnr ${LINK} no
ExecStart=-resolvectl mdns ${LINK} no
# Nobody above signs for these names; each record in a zone is signed by its owner, and the gateway verifies that.
ExecStart=-resolvectl nta ${LINK} ${suffixes.join(' ')}
ExecStop=ip link delete ${LINK}

[Install]
WantedBy=multi-user.target
`
}

/** For programs that read resolv.conf by themselves. */
function stubForAll(): Change {
  return {
    kind: 'link',
    path: '/etc/resolv.conf',
    target: STUB_FILE,
    sentence: 'lets programs that read resolv.conf by themselves ask systemd-resolved too',
  }
}

function reloaded(file: Change): Change[] {
  const command = ['systemctl', 'restart', 'systemd-resolved.service'] as const
  const sentence = 'lets systemd-resolved read its configuration again'
  return [{ kind: 'command', sentence, undo: command }, file, { kind: 'command', sentence, run: command }]
}

// Before the interface is made: what is managed once is not let go.
function reloadNetwork(
  networkManager: boolean,
  networkd: boolean,
): (CommandChange & { readonly run: Command })[] {
  const changes: (CommandChange & { readonly run: Command })[] = []
  if (networkManager)
    changes.push({
      kind: 'command',
      sentence: 'lets NetworkManager read its configuration again',
      run: ['nmcli', 'general', 'reload', 'conf'],
    })
  if (networkd)
    changes.push({
      kind: 'command',
      sentence: 'lets systemd-networkd read its configuration again',
      run: ['networkctl', 'reload'],
    })
  return changes
}

/** A tilde says that a domain is for routing, and not to be tried behind single labels. */
function routed(suffixes: readonly string[]): string {
  return suffixes.map(suffix => `~${suffix}`).join(' ')
}
