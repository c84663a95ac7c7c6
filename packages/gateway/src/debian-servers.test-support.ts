import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeMessage } from '@signpost/dns'
import { askTcp, queryFor, sendUdp } from './asking.test-support.ts'
import type { Endpoint } from './endpoint.ts'

/** A server of Debian's on loopback, with its files in a directory of its own. */
export interface DebianServer extends AsyncDisposable {
  readonly at: Endpoint
  /** Writes one of its files anew and has them read again. */
  readonly rewrite: (file: string, text: string) => Promise<void>
}

/**
 * Unbound as a recursive resolver that knows the given records and nothing else: it never asks anybody but the server that
 * `forwardTo` is.
 * @param options `settings` are lines for its server clause, `files` what they name by `%/`.
 */
export async function startUnbound(
  records: readonly string[],
  options: { settings?: readonly string[]; files?: Record<string, string>; forwardTo?: Endpoint } = {},
): Promise<DebianServer> {
  const { settings = [], files = {}, forwardTo } = options
  const forwarding =
    forwardTo === undefined
      ? '  local-zone: "." static'
      : `  do-not-query-localhost: no
forward-zone:
  name: "."
  forward-addr: ${forwardTo.host}@${forwardTo.port}`
  return startServer('/usr/sbin/unbound', ['-d', '-c'], (directory, port) => ({
    'unbound.conf': `server:
  interface: 127.0.0.1@${port}
  directory: "${directory}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  logfile: "${directory}/log"
  module-config: "iterator"
  access-control: 127.0.0.0/8 allow
  do-ip6: no
${settings.map(line => `  ${line.replace('%/', `${directory}/`)}`).join('\n')}
${records.map(record => `  local-data: '${record}'`).join('\n')}
${forwarding}
remote-control:
  control-enable: no
`,
    ...files,
  }))
}

/** NSD as the authority for one zone, whose file is `zone-0`. @param settings lines for the zone's clause. */
export async function startNsd(
  zone: string,
  zoneFile: string,
  settings: readonly string[] = [],
): Promise<DebianServer> {
  return startNsdOf({ [zone]: zoneFile }, settings)
}

/** NSD as the authority for several zones. @param zones zone files by apex. @param settings lines for every zone's clause. */
export async function startNsdOf(
  zones: Readonly<Record<string, string>>,
  settings: readonly string[] = [],
): Promise<DebianServer> {
  const entries = Object.entries(zones).map(([zone, text], at) => ({ zone, text, file: `zone-${at}` }))
  const more = settings.map(line => `\n  ${line}`).join('')
  return startServer('/usr/sbin/nsd', ['-d', '-c'], (directory, port) => ({
    'nsd.conf': `server:
  ip-address: 127.0.0.1@${port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "${directory}"
  pidfile: "${directory}/pid"
  xfrdfile: "${directory}/xfrd"
  xfrdir: "${directory}"
  zonelistfile: "${directory}/list"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
${entries.map(({ zone, file }) => `zone:\n  name: "${zone}"\n  zonefile: ${file}${more}`).join('\n')}
`,
    ...Object.fromEntries(entries.map(({ file, text }) => [file, text])),
  }))
}

/** A free port may be taken by the time the server wants it. */
const TRIES = 5

/** @param filesOf its files by name; the first one is its configuration. */
export async function startServer(
  binary: string,
  args: readonly string[],
  filesOf: (directory: string, port: number) => Record<string, string>,
): Promise<DebianServer> {
  for (let tries = TRIES; ; tries--) {
    try {
      return await tryToStart(binary, args, filesOf)
    } catch (error) {
      if (tries <= 1) throw error
    }
  }
}

async function tryToStart(
  binary: string,
  args: readonly string[],
  filesOf: (directory: string, port: number) => Record<string, string>,
): Promise<DebianServer> {
  const directory = await mkdtemp(join(tmpdir(), 'signpost-gateway-'))
  const at = { host: '127.0.0.1', port: await freePort() }
  const files = Object.entries(filesOf(directory, at.port))
  for (const [name, text] of files) await writeFile(join(directory, name), text)
  const server = spawn(binary, [...args, join(directory, files[0]?.[0] ?? '')], { stdio: 'ignore' })
  const exited = once(server, 'exit')
  await answering(server, at)
  return {
    at,
    async rewrite(file, text) {
      await writeFile(join(directory, file), text)
      server.kill('SIGHUP')
    },
    async [Symbol.asyncDispose]() {
      server.kill('SIGTERM')
      await exited
      await rm(directory, { recursive: true })
    },
  }
}

// A connection over TCP is refused until the server listens, so this needs no fixed wait.
async function answering(server: ChildProcess, at: Endpoint): Promise<void> {
  while (server.exitCode === null) {
    try {
      await askTcp(at, queryFor('.', 'SOA'))
      await sendUdp(at, encodeMessage(queryFor('.', 'SOA')))
      return
    } catch {
      await new Promise(setImmediate)
    }
  }
  throw new Error(`the server ended with ${server.exitCode} before it answered`)
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}
