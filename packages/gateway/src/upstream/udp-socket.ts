import { randomInt } from 'node:crypto'
import { type Socket, createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'

/** Source ports are drawn from all that need no privileges (RFC 6056, section 3.2). */
const FIRST_PORT = 1024
const PORTS = 65_536
/** Ports that are tried before the kernel may choose. */
const TRIES = 8

/**
 * A socket that sends to one server and hears nothing from others, at a port that nobody can guess (RFC 5452,
 * section 9.2).
 * @param host an IP address.
 * @param onOpen is called once it can send.
 * @param onError is called where it cannot be opened, and for whatever goes wrong later.
 */
export function openUdpSocket(
  host: string,
  port: number,
  onOpen: () => void,
  onError: (error: Error) => void,
): Socket {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  let tries = TRIES
  const bind = (): void => {
    socket.bind({ port: tries > 0 ? randomInt(FIRST_PORT, PORTS) : 0, exclusive: true })
  }
  const onBindError = (error: Error): void => {
    if (tries-- > 0) bind()
    else onError(error)
  }
  socket.on('error', onBindError)
  socket.once('listening', () => {
    socket.off('error', onBindError)
    socket.on('error', onError)
    // Where it cannot, the error is the argument, whatever the types say.
    socket.connect(port, host, (error?: Error) => {
      if (error === undefined) onOpen()
      else onError(error)
    })
  })
  bind()
  return socket
}

/** Closes it in whatever state it is. */
export function closeUdpSocket(socket: Socket): void {
  // Errors after this are of no interest, but without a listener they would end the process.
  socket.removeAllListeners().on('error', () => {})
  try {
    socket.close()
  } catch {
    // A socket whose connect failed is closed already; closing it again throws.
  }
}
