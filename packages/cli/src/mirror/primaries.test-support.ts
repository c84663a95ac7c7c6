import { askTcp, queryFor } from '../../../gateway/src/asking.test-support.ts'
import { type DebianServer, startNsd, startServer } from '../../../gateway/src/debian-servers.test-support.ts'
import { vi } from 'vitest'

/** How an authority of Debian's serves one zone. */
export interface Primary {
  readonly zone: string
  /** The text of the file `zone`. */
  readonly file: string
  /** Whether it gives the zone to whoever asks from this machine. */
  readonly gives: boolean
  /** Whether it signs the zone (DNSSEC). Not NSD, which cannot. */
  readonly signs?: boolean
}

export async function nsd({ zone, file, gives }: Primary): Promise<DebianServer> {
  return startNsd(zone, file, gives ? ['provide-xfr: 127.0.0.1 NOKEY'] : [])
}

export async function knot({ zone, file, gives, signs = false }: Primary): Promise<DebianServer> {
  return startServer('/usr/sbin/knotd', ['-c'], (directory, port) => ({
    'knot.conf': `server:
  listen: 127.0.0.1@${port}
  rundir: "${directory}"
database:
  storage: "${directory}"
acl:
  - id: everybody
    address: 127.0.0.1
    action: transfer
template:
  - id: default
    storage: "${directory}"
zone:
  - domain: "${zone}"
    file: zone
    zonefile-sync: -1
    zonefile-load: difference-no-serial
    journal-content: all
${gives ? '    acl: everybody' : ''}
    dnssec-signing: ${signs ? 'on' : 'off'}
`,
    zone: file,
  }))
}

/** It sends one record in each message, as servers did long ago. */
export async function bind({ zone, file, gives, signs = false }: Primary): Promise<DebianServer> {
  const server = await startServer('/usr/sbin/named', ['-f', '-c'], (directory, port) => ({
    'named.conf': `options {
  directory "${directory}";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  pid-file "${directory}/pid";
  session-keyfile "${directory}/session.key";
  key-directory "${directory}";
  allow-transfer { ${gives ? '127.0.0.1' : 'none'}; };
  transfer-format one-answer;
  recursion no;
  notify no;
  dnssec-validation no;
};
controls { };
logging { category default { null; }; };
zone "${zone}" {
  type primary;
  file "zone";
  ${signs ? 'dnssec-policy default; inline-signing yes;' : ''}
};
`,
    zone: file,
  }))
  // It listens before it has read the zone, and may close a connection that comes as early.
  const answers = async (): Promise<number> =>
    askTcp(server.at, queryFor(`${zone}.`, 'SOA')).then(
      reply => reply.answers.length,
      () => 0,
    )
  await vi.waitUntil(async () => (await answers()) > 0, { timeout: 10_000, interval: 1 })
  return server
}
