import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface At {
  readonly host: string
  readonly port: number
}

/** A server of Debian's on loopback, with its files in a directory of its own. */
export interface DebianServer extends AsyncDisposable {
  readonly at: At
  readonly pid: number
}

/** A zone, and its file without $ORIGIN. */
export interface ZoneText {
  readonly origin: string
  readonly text: string
  /** To be signed by the server. */
  readonly signed?: boolean
}

/** Where zones are: an authority, and the zones that are asked there. */
export interface Delegation {
  readonly origin: string
  readonly at: At
}

interface Program {
  /** @param directory where its files are. */
  command(directory: string): readonly string[]
  files(directory: string): Readonly<Record<string, string>>
  /** What it says, in any order, until it answers. */
  readonly ready: readonly string[]
  /** What it says where it answers, but not as it was told to. */
  readonly failed?: string
}

/**
 * NSD as the authority for zones.
 * @param prefix a program and arguments of it that stand before its own, as for a network namespace.
 */
export async function startNsd(
  at: At,
  zones: readonly ZoneText[],
  prefix: readonly string[] = [],
): Promise<DebianServer> {
  return startServer(at, {
    ready: ['nsd started'],
    failed: ' error: ',
    command: directory => [...prefix, '/usr/sbin/nsd', '-d', '-c', join(directory, 'conf')],
    files: directory => ({
      conf: `server:
  ip-address: ${at.host}@${at.port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: ${directory}
  pidfile: ${directory}/pid
  xfrdfile: ${directory}/xfrd
  xfrdir: ${directory}
  zonelistfile: ${directory}/list
  rrl-ratelimit: 0
remote-control:
  control-enable: no
${zones.map(({ origin }, n) => `zone:\n  name: "${origin}"\n  zonefile: zone${n}\n`).join('')}`,
      ...zoneFiles(zones),
    }),
  })
}

/** Knot DNS as the authority for zones, which it signs where it is told to. */
export async function startKnot(at: At, zones: readonly ZoneText[]): Promise<DebianServer> {
  return startServer(at, {
    ready: ['server started', ...zones.map(({ origin }) => `[${origin}] loaded, serial`)],
    failed: ' error: ',
    command: directory => ['/usr/sbin/knotd', '-c', join(directory, 'conf')],
    files: directory => ({
      conf: `server:
    listen: ${at.host}@${at.port}
    rundir: ${directory}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: ${directory}
log:
  - target: stderr
    any: info
template:
  - id: default
    storage: ${directory}
    zonefile-sync: -1
zone:
${zones
  .map(
    ({ origin, signed }, n) =>
      `  - domain: "${origin}"\n    file: zone${n}\n    dnssec-signing: ${signed === true ? 'on' : 'off'}\n`,
  )
  .join('')}`,
      ...zoneFiles(zones),
    }),
  })
}

/** Unbound as a resolver that knows no other servers than the given ones. */
export async function startUnbound(at: At, delegations: readonly Delegation[]): Promise<DebianServer> {
  return startServer(at, {
    ready: ['start of service'],
    command: directory => ['/usr/sbin/unbound', '-d', '-c', join(directory, 'conf')],
    files: directory => ({
      conf: `server:
  interface: ${at.host}@${at.port}
  directory: "${directory}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  num-threads: 1
  module-config: "iterator"
  do-ip6: no
  do-not-query-localhost: no
  access-control: 127.0.0.0/8 allow
remote-control:
  control-enable: no
${delegations
  .map(
    ({ origin, at: { host, port } }) =>
      `stub-zone:\n  name: "${origin}"\n  stub-addr: ${host}@${port}\n  stub-prime: no\n`,
  )
  .join('')}`,
    }),
  })
}

/**
 * BIND as a resolver that begins at the given root server. It looks for every server at the port that it has itself, so all of
 * them must have one port.
 */
export async function startBind(at: At, root: string): Promise<DebianServer> {
  return startServer(at, {
    // Before it listens it says what it is `running as`.
    ready: ['all zones loaded'],
    command: directory => ['/usr/sbin/named', '-g', '-n', '1', '-c', join(directory, 'conf')],
    files: directory => ({
      conf: `options {
  directory "${directory}";
  port ${at.port};
  listen-on { ${at.host}; };
  listen-on-v6 { none; };
  pid-file none;
  session-keyfile none;
  recursion yes;
  allow-query { 127.0.0.0/8; };
  dnssec-validation no;
  empty-zones-enable no;
};
controls { };
zone "." { type hint; file "hints"; };
`,
      hints: `. 3600 IN NS ns.root.\nns.root. 3600 IN A ${root}\n`,
    }),
  })
}

function zoneFiles(zones: readonly ZoneText[]): Record<string, string> {
  return Object.fromEntries(zones.map(({ origin, text }, n) => [`zone${n}`, `$ORIGIN ${origin}\n${text}`]))
}

/** @throws PortTaken where another program listens there. */
async function startServer(at: At, program: Program): Promise<DebianServer> {
  const directory = await mkdtemp(join(tmpdir(), 'signpost-conformance-'))
  for (const [name, text] of Object.entries(program.files(directory)))
    await writeFile(join(directory, name), text)
  const [file = '', ...args] = program.command(directory)
  const server = spawn(file, args, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(server, 'close')
  try {
    await started(server, program)
  } catch (error) {
    server.kill('SIGKILL')
    await ended
    await rm(directory, { recursive: true })
    throw error
  }
  return {
    at,
    pid: server.pid as number,
    async [Symbol.asyncDispose]() {
      server.kill('SIGTERM')
      await ended
      await rm(directory, { recursive: true })
    },
  }
}

async function started(server: ChildProcess, { ready, failed }: Program): Promise<void> {
  if (server.stderr === null) throw new TypeError('the server has no output to read')
  const said: string[] = []
  const awaited = new Set(ready)
  for await (const line of createInterface({ input: server.stderr })) {
    for (const text of awaited) if (line.includes(text)) awaited.delete(text)
    said.push(line)
    if (awaited.size === 0 || (failed !== undefined && line.includes(failed))) break
  }
  // What it says later is of no interest, but it must not wait for somebody to read it.
  server.stderr.resume()
  if (awaited.size === 0) return
  const text = said.join('\n')
  throw /in use|unable to listen/i.test(text)
    ? new PortTaken(text)
    : new Error(`${server.spawnfile} did not start:\n${text}`)
}

class PortTaken extends Error {}

/** Where a server of Debian's says so, or a gateway of ours does. */
function isPortTaken(error: unknown): boolean {
  return (
    error instanceof PortTaken ||
    (error instanceof Error && 'code' in error && error.code === 'ADDRESS_IN_USE')
  )
}

/** A free port may be taken by the time that a server wants it. */
const TRIES = 5

/** Starts servers that all have one port, anew with another one where it was taken meanwhile. */
export async function withFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let tries = TRIES; ; tries--) {
    const port = await freePort()
    try {
      return await start(port)
    } catch (error) {
      if (tries <= 1 || !isPortTaken(error)) throw error
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
