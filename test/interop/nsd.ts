import { type ChildProcess, spawn } from 'node:child_process'
import { type Socket, createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Message, type Name, RrClass, createQuery, decodeMessage, encodeMessage } from '@signpost/dns'

/** An NSD on loopback that is the authority for zones `z0.test.`, `z1.test.` and so on. */
export interface Nsd extends AsyncDisposable {
  ask(name: Name, type: number): Promise<Message>
}

/** @param zones the text of each zone file, its names relative to the zone. */
export async function startNsd(zones: readonly string[]): Promise<Nsd> {
  const directory = await mkdtemp(join(tmpdir(), 'signpost-nsd-'))
  for (const [n, text] of zones.entries())
    await writeFile(join(directory, `z${n}`), `$ORIGIN z${n}.test.\n$TTL 300\n${text}\n`)
  const { server, port } = await startOnFreePort(directory, zones.length)
  const socket = createSocket('udp4')
  socket.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return {
    ask: (name, type) => ask(socket, name, type),
    async [Symbol.asyncDispose]() {
      socket.close()
      const exited = once(server, 'exit')
      server.kill('SIGTERM')
      await exited
      await rm(directory, { recursive: true })
    },
  }
}

/** Ports tried: a free one may be taken, for UDP or for TCP, by the time that the server wants it. */
const PORT_TRIES = 5

async function startOnFreePort(
  directory: string,
  count: number,
): Promise<{ server: ChildProcess; port: number }> {
  for (let tries = PORT_TRIES; ; tries--) {
    const port = await freePort()
    await writeFile(join(directory, 'nsd.conf'), configuration(directory, port, count))
    const server = spawn('/usr/sbin/nsd', ['-d', '-c', join(directory, 'nsd.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    try {
      await started(server)
      return { server, port }
    } catch (error) {
      if (tries <= 1 || !String(error).includes('Address already in use')) throw error
    }
  }
}

async function ask(socket: Socket, name: Name, type: number): Promise<Message> {
  const query = createQuery({ name, type, class: RrClass.IN }, { id: 1, recursionDesired: false })
  const answer = once(socket, 'message') as Promise<[Buffer]>
  socket.send(encodeMessage(query))
  const [bytes] = await answer
  return decodeMessage(new Uint8Array(bytes))
}

function configuration(directory: string, port: number, count: number): string {
  const zones = Array.from({ length: count }, (_, n) => `zone:\n  name: z${n}.test\n  zonefile: z${n}\n`)
  return `server:
  ip-address: 127.0.0.1@${port}
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
${zones.join('')}`
}

async function started(server: ChildProcess): Promise<void> {
  const said: string[] = []
  for await (const line of createInterface({ input: server.stderr! })) {
    if (line.includes('nsd started')) return
    said.push(line)
  }
  throw new Error(`nsd did not start:\n${said.join('\n')}`)
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}
