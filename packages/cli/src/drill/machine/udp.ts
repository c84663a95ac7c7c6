import { type Socket, createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { HostPort } from '../../values/host-port.ts'

/** @param at port 0 is any that is free. */
export async function bindUdp(at: HostPort): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(at.port, at.host)
  await once(socket, 'listening')
  // Such as a client that has gone: nothing to do with those that are there.
  socket.on('error', () => {})
  return socket
}

export function addressOf(socket: Socket): HostPort {
  const { address, port } = socket.address()
  return { host: address, port }
}

/** A port that was free a moment ago. */
export async function freePort(host: string): Promise<number> {
  const socket = await bindUdp({ host, port: 0 })
  const { port } = socket.address()
  socket.close()
  return port
}
