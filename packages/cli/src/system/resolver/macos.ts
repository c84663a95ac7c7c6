import { type Change, type Part, part } from '../change.ts'
import type { MacFacts } from '../facts.ts'
import type { Setup } from '../setup.ts'

/** The keyword by which networksetup goes back to the servers that DHCP gives. */
const FROM_DHCP = 'empty'

/** resolver(5) for names below our suffixes, and the servers of every network service for all names. */
export function throughMacos(facts: MacFacts, setup: Setup): Part {
  return part(...(setup.scope === 'all' ? everyName(facts, setup) : ourNames(setup)))
}

// mDNSResponder watches the directory, so nothing has to be told.
function ourNames({ suffixes, at }: Setup): Change[] {
  return suffixes.map(suffix => ({
    kind: 'file',
    path: `/etc/resolver/${suffix}`,
    mode: 0o644,
    sentence: `tells macOS to ask the gateway for names below ${suffix}`,
    content: `# Written by "signpost install"; "signpost uninstall" takes it away.
nameserver ${at.host}
port ${at.port}
`,
  }))
}

function everyName({ services }: MacFacts, { at }: Setup): Change[] {
  return services.map(({ name, servers }) => ({
    kind: 'command',
    sentence: `lets every program ask the gateway while the Mac is connected through ${name}`,
    run: ['networksetup', '-setdnsservers', name, at.host],
    undo: ['networksetup', '-setdnsservers', name, ...(servers.length === 0 ? [FROM_DHCP] : servers)],
  }))
}
