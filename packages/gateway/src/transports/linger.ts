import type { Socket } from 'node:net'

/** Milliseconds for which replies may be on their way out of a connection that is to be closed. */
const LINGER = 500

/** Closes a socket once what was written is sent, and at the latest after half a second. */
export function lingerThenDestroy(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER)
  socket.once('close', () => {
    clearTimeout(timer)
  })
  socket.destroySoon()
}
