import type { Change, Part } from '../change.ts'
import type { MacFacts, ProgramFacts } from '../facts.ts'
import { serviceData } from '../paths.ts'

const LABEL = 'signpost'
const PLIST = '/Library/LaunchDaemons/signpost.plist'
const MAC_DATA = serviceData('darwin', {})
const MAC_USER = '_signpost'
const LOG = `${MAC_DATA}/signpost.log`

/**
 * The gateway and its node as a daemon of launchd.
 * @param privileged whether it listens below port 1024, which macOS lets only its administrator do on a single address.
 */
export function launchdDaemon(facts: MacFacts, configPath: string, privileged: boolean): Part {
  const { program, freeUserId } = facts
  if (program.unreadable !== undefined && !privileged)
    return {
      changes: [],
      problems: [
        `the service has a user of its own, who cannot read ${program.unreadable}; install Node and signpost for everybody on this Mac`,
      ],
    }
  const user: Change[] =
    privileged || freeUserId === undefined
      ? []
      : [
          {
            kind: 'command',
            sentence: `makes the user ${MAC_USER}, as which the gateway runs`,
            run: [
              'sysadminctl',
              '-addUser',
              MAC_USER,
              '-roleAccount',
              '-UID',
              String(freeUserId),
              '-home',
              '/var/empty',
              '-shell',
              '/usr/bin/false',
            ],
            undo: ['sysadminctl', '-deleteUser', MAC_USER],
          },
        ]
  const owner = privileged ? 'root' : MAC_USER
  return {
    changes: [
      ...user,
      {
        kind: 'command',
        sentence: "makes the gateway's directory, which stays when it is uninstalled",
        run: ['install', '-d', '-m', '700', '-o', owner, MAC_DATA],
      },
      {
        kind: 'file',
        path: PLIST,
        mode: 0o644,
        sentence: 'runs the gateway as a service',
        content: plist(program, configPath, privileged),
      },
      {
        kind: 'command',
        sentence: 'starts the gateway now and whenever the Mac starts',
        run: ['launchctl', 'bootstrap', 'system', PLIST],
        undo: ['launchctl', 'bootout', `system/${LABEL}`],
      },
    ],
    notes: privileged
      ? [
          'on macOS only root may listen at port 53 of a single address, so the service runs as root with --scope all; ' +
            'with --scope names it has a user of its own',
        ]
      : [],
  }
}

function plist(program: ProgramFacts, configPath: string, privileged: boolean): string {
  const words = [
    program.node,
    ...program.nodeArguments,
    program.program,
    'up',
    '--config',
    configPath,
    '--data',
    MAC_DATA,
  ]
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Written by "signpost install"; "signpost uninstall" takes it away. -->
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${LABEL}</string>
  <key>ProgramArguments</key>
  <array>
${words.map(word => `    <string>${xmlText(word)}</string>`).join('\n')}
  </array>
${privileged ? '' : `  <key>UserName</key>\n  <string>${MAC_USER}</string>\n`}  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>Umask</key>
  <integer>63</integer>
  <key>SoftResourceLimits</key>
  <dict>
    <key>NumberOfFiles</key>
    <integer>65536</integer>
  </dict>
  <key>StandardErrorPath</key>
  <string>${LOG}</string>
</dict>
</plist>
`
}

export function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
