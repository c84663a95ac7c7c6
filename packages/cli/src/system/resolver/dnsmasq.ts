import type { HostPort } from '../../values/host-port.ts'
import { type Change, type Part, impossible } from '../change.ts'
import type { DnsmasqFacts } from '../facts.ts'
import type { Setup } from '../setup.ts'

const WRITTEN = '# Written by "signpost install"; "signpost uninstall" takes it away.'

/** A dnsmasq that the machine runs as its resolver, or as the one of its network. */
export function throughDnsmasq(dnsmasq: DnsmasqFacts, setup: Setup): Part {
  if (!dnsmasq.readsDirectory)
    return impossible(
      'dnsmasq does not read /etc/dnsmasq.d; add the line conf-dir=/etc/dnsmasq.d/,*.conf to /etc/dnsmasq.conf',
    )
  if (setup.scope === 'all' && dnsmasq.servers.length > 0)
    return impossible(
      `dnsmasq has upstreams of its own (${dnsmasq.servers.join(', ')}) and would ask them besides the gateway; ` +
        'take the server= lines out of its configuration, and give them to the gateway as upstreams',
    )
  if (setup.scope === 'all' && dnsmasq.cacheSize !== undefined && dnsmasq.cacheSize !== NO_CACHE)
    return impossible(
      `dnsmasq has cache-size=${dnsmasq.cacheSize}, takes that once only, and may keep nothing where the gateway keeps answers ` +
        'itself; take the line out of its configuration',
    )
  // It reads its configuration again only when it starts.
  const restart = ['systemctl', 'restart', 'dnsmasq.service'] as const
  const sentence = 'lets dnsmasq read its configuration again'
  const file: Change = {
    kind: 'file',
    path: '/etc/dnsmasq.d/signpost.conf',
    mode: 0o644,
    sentence:
      setup.scope === 'all'
        ? 'tells dnsmasq to ask the gateway for every name'
        : `tells dnsmasq to ask the gateway for names below ${setup.suffixes.join(' and ')}`,
    content: setup.scope === 'all' ? everyName(dnsmasq, setup) : ourNames(setup),
  }
  return {
    changes: [
      { kind: 'command', sentence, undo: restart },
      file,
      { kind: 'command', sentence, run: restart },
    ],
  }
}

/** The dnsmasq that NetworkManager runs where it has `dns=dnsmasq`. */
export function throughNetworkManagersDnsmasq(setup: Setup): Part {
  const reload = ['nmcli', 'general', 'reload', 'dns-full'] as const
  const sentence = 'lets NetworkManager start its dnsmasq again'
  return {
    changes: [
      { kind: 'command', sentence, undo: reload },
      {
        kind: 'file',
        path: '/etc/NetworkManager/dnsmasq.d/signpost.conf',
        mode: 0o644,
        sentence: `tells NetworkManager's dnsmasq to ask the gateway for names below ${setup.suffixes.join(' and ')}`,
        content: ourNames(setup),
      },
      { kind: 'command', sentence, run: reload },
    ],
  }
}

/** Zones may have private addresses, which dnsmasq withholds where it has stop-dns-rebind. */
function ourNames({ suffixes, at }: Setup): string {
  const names = suffixes.map(suffix => `/${suffix}`).join('')
  return `${WRITTEN}
server=${names}/${server(at)}
rebind-domain-ok=${names}/
`
}

const NO_CACHE = '0'

// The gateway keeps answers itself, and knows how long: what is old here would outlive a zone's new version.
function everyName({ cacheSize }: DnsmasqFacts, { at }: Setup): string {
  return `${WRITTEN}
no-resolv
server=${server(at)}
${cacheSize === undefined ? `cache-size=${NO_CACHE}\n` : ''}`
}

function server({ host, port }: HostPort): string {
  return `${host}#${port}`
}
