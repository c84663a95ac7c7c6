import { readFile, readdir, readlink } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Listener } from '../facts.ts'

/** A socket as /proc/net lists it. */
export interface Socket {
  readonly host: string
  readonly port: number
  readonly inode: string
}

/** In tcp and tcp6 a socket that listens, in udp and udp6 one that has no peer (include/net/tcp_states.h). */
const LISTENING = new Set(['0A', '07'])

/** Who listens at a port of this machine, as far as the user may know. Linux only: none elsewhere. */
export async function listenersAt(ports: readonly number[]): Promise<readonly Listener[]> {
  const sockets: (Socket & { transport: Listener['transport'] })[] = []
  for (const transport of ['udp', 'tcp'] as const)
    for (const family of ['', '6']) {
      const text = await readFile(`/proc/net/${transport}${family}`, 'latin1').catch(() => '')
      for (const socket of parseSockets(text))
        if (ports.includes(socket.port)) sockets.push({ ...socket, transport })
    }
  const holders = sockets.length === 0 ? new Map<string, Holder>() : await holdersOf(sockets)
  return sockets.map(({ host, port, inode, transport }) => {
    const holder = holders.get(inode)
    return { at: { host, port }, transport, program: holder?.program, pid: holder?.pid }
  })
}

/** The command line of a process, as one text. */
async function commandLine(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ').trim()
}

/** Reads /proc/net/udp and its like (proc(5)). */
export function parseSockets(text: string): Socket[] {
  const sockets: Socket[] = []
  for (const line of text.split('\n').slice(1)) {
    const [, local = '', , state = '', , , , , , inode = ''] = line.trim().split(/\s+/)
    const [address = '', port = ''] = local.split(':')
    if (LISTENING.has(state))
      sockets.push({ host: printAddress(address), port: Number.parseInt(port, 16), inode })
  }
  return sockets
}

// Words of 32 bits, each in the order of the machine; all that Node runs on here are little-endian, but for s390x.
function printAddress(hex: string): string {
  const octets = Buffer.from(hex, 'hex')
  if (octets.length === 4) return [...octets].toReversed().join('.')
  for (let at = 0; at + 4 <= octets.length; at += 4) octets.subarray(at, at + 4).reverse()
  const groups = Array.from({ length: 8 }, (_, n) => octets.readUInt16BE(n * 2).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

interface Holder {
  readonly program: string
  readonly pid: number
}

async function holdersOf(sockets: readonly Socket[]): Promise<Map<string, Holder>> {
  const wanted = new Map(sockets.map(({ inode }) => [`socket:[${inode}]`, inode]))
  const holders = new Map<string, Holder>()
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue
    const files = await readdir(`/proc/${name}/fd`).catch(() => [])
    for (const file of files) {
      const inode = wanted.get(await readlink(`/proc/${name}/fd/${file}`).catch(() => ''))
      if (inode === undefined || holders.has(inode)) continue
      const [command = ''] = (await commandLine(Number(name))).split(' ')
      const program = basename(command)
      holders.set(inode, { program, pid: Number(name) })
    }
  }
  return holders
}
