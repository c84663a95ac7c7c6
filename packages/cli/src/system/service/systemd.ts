import type { Change, CommandChange, FileChange, Part } from '../change.ts'
import type { HostPort } from '../../values/host-port.ts'
import type { ProgramFacts } from '../facts.ts'
import { isLoopback } from '../machine/resolv-conf.ts'
import { serviceData } from '../paths.ts'

export const SERVICE = 'signpost.service'
const UNIT = `/etc/systemd/system/${SERVICE}`
/** DynamicUser makes it a link to a directory that the service's user and root alone may enter. */
const DATA = serviceData('linux', {})

/** The gateway and its node as a service of systemd. */
export function systemdService(program: ProgramFacts, configPath: string, listen: readonly HostPort[]): Part {
  if (program.unreadable !== undefined)
    return {
      changes: [],
      problems: [
        `the service has a user of its own, who cannot read ${program.unreadable}; install Node and signpost for everybody ` +
          'on this machine, such as in /usr/local, and run that signpost',
      ],
    }
  const unit: FileChange = {
    kind: 'file',
    path: UNIT,
    mode: 0o644,
    sentence: 'runs the gateway as a service, with a user of its own and little else',
    content: unitText(program, configPath, listen),
  }
  return {
    changes: [
      ...reloadUnits(unit),
      enableService(SERVICE, 'starts the gateway now and whenever the machine starts'),
    ],
  }
}

/** systemd reads units again once the file is there, and once it is gone. */
export function reloadUnits(unit: FileChange): Change[] {
  const command = ['systemctl', 'daemon-reload'] as const
  const sentence = 'lets systemd read its units again'
  return [{ kind: 'command', sentence, undo: command }, unit, { kind: 'command', sentence, run: command }]
}

export function enableService(name: string, sentence: string): CommandChange {
  return {
    kind: 'command',
    sentence,
    run: ['systemctl', 'enable', '--now', name],
    undo: ['systemctl', 'disable', '--now', name],
  }
}

/** Exported for the test that shows it to systemd-analyze. */
export function unitText(
  program: ProgramFacts,
  configPath: string,
  listen: readonly HostPort[] = [],
): string {
  const words = [
    program.node,
    ...program.nodeArguments,
    program.program,
    'up',
    '--config',
    configPath,
    '--data',
    DATA,
  ]
  // Loopback is always there; other addresses of this machine come with the network.
  const network = listen.every(({ host }) => isLoopback(host) || host === '0.0.0.0' || host === '::')
    ? 'After=network.target'
    : 'Wants=network-online.target\nAfter=network-online.target'
  // A program below /home stays readable; nothing else there is needed.
  const inHome = [program.node, program.program, configPath].some(path =>
    /^\/(?:home|root|run\/user)\//.test(path),
  )
  return `# Written by "signpost install"; "signpost uninstall" takes it away.
[Unit]
Description=Signpost, a DNS gateway for names in signed zones
${network}
Before=nss-lookup.target
Wants=nss-lookup.target
StartLimitIntervalSec=0

[Service]
ExecStart=${words.map(unitWord).join(' ')}
ExecReload=/bin/sh -c 'kill -HUP $MAINPID'
Restart=on-failure
RestartSec=2
# A configuration that is wrong does not mend itself; for what may come later, the gateway ends with another status.
RestartPreventExitStatus=2
LimitNOFILE=65536
UMask=0077

# A user that exists while the service runs, and the one directory that it writes to.
DynamicUser=yes
User=signpost
StateDirectory=signpost
StateDirectoryMode=0700
# Not every machine can look such a user up.
Environment=HOME=${DATA}

# It may listen at port 53, and do nothing else that others may not.
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes

# MemoryDenyWriteExecute stays off: V8, the engine of Node, compiles JavaScript to machine code while it runs.
ProtectSystem=strict
ProtectHome=${inHome ? 'read-only' : 'yes'}
PrivateTmp=yes
PrivateDevices=yes
DevicePolicy=closed
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
RemoveIPC=yes
KeyringMode=private
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
# Netlink tells which interfaces the machine has.
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`
}

/** A word of a command as systemd reads it (systemd.service(5), "Command lines"; systemd.unit(5), "Specifiers"). */
function unitWord(word: string): string {
  const escaped = word.replaceAll('%', '%%').replaceAll('$', '$$$$')
  if (/^[\w@%+=:,./$-]+$/.test(escaped)) return escaped
  return `"${escaped.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
