import { createHash } from 'node:crypto'
import { posix, resolve, win32 } from 'node:path'
import { SocketPathTooLongError } from './errors.ts'

export const SOCKET_NAME = 'signpost.sock'

/** Octets in the path of a Unix socket: 108 with the final zero on Linux (unix(7)), 104 on macOS and the BSDs. */
const MAX_SOCKET_PATH: { readonly linux: number; readonly others: number } = { linux: 107, others: 103 }

/**
 * Where the daemon of a data directory listens: `DATA/signpost.sock`, on Windows a named pipe whose name is made from
 * the directory's.
 * @throws SocketPathTooLongError
 */
export function socketPathOf(dataDir: string, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32') {
    const digest = createHash('sha256').update(win32.resolve(dataDir).toLowerCase()).digest('hex')
    return `\\\\.\\pipe\\signpost-${digest.slice(0, 32)}`
  }
  const path = posix.join(resolve(dataDir), SOCKET_NAME)
  const limit = platform === 'linux' ? MAX_SOCKET_PATH.linux : MAX_SOCKET_PATH.others
  const length = Buffer.byteLength(path)
  if (length > limit) throw new SocketPathTooLongError(path, length, limit)
  return path
}
