import type { Socket } from 'node:net'

/** Milliseconds for which replies may be on their way out of a connection that is to be closed. */
const LINGER = 500

/** Destroys a socket that is not closed by itself within half a second. */
export function destroyAfterLinger(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER)
  socket.once('close', () => {
    clearTimeout(timer)
  })
}
