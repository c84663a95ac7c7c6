import { unlink } from 'node:fs/promises'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { SignpostError } from '@signpost/dns'
import { DaemonProtocolError, DaemonRunningError, DaemonVersionError } from './errors.ts'
import {
  type Json,
  type Line,
  MAX_REQUEST_LENGTH,
  MAX_UNREAD,
  PROTOCOL_VERSION,
  VERSION_HEADER,
  reportedError,
} from './transport.ts'

export interface Call {
  /** Aborts when the caller hangs up or the daemon stops. */
  readonly signal: AbortSignal
  readonly progress: (event: Json) => void
}

/** What the daemon does, by the name of the call. Throws DaemonProtocolError for a body that it cannot read. */
export type Route = (body: Json, call: Call) => Promise<Json>
export type Routes = ReadonlyMap<string, Route>

export interface DaemonServer extends AsyncDisposable {
  readonly path: string
  /** Ends the calls under way and takes the socket away. */
  stop(): Promise<void>
}

export interface ServeOptions {
  readonly path: string
  readonly routes: Routes
  /** Told of failures that no caller expects. */
  readonly onUnexpected?: (error: unknown) => void
}

/**
 * Listens on a Unix socket of mode 0600 (a named pipe on Windows) and takes the place of a socket that a killed daemon
 * left. The caller holds the lock of the data directory: that, not the socket, decides between two daemons.
 * @throws DaemonRunningError where somebody listens there all the same.
 */
export async function serve(options: ServeOptions): Promise<DaemonServer> {
  const { path } = options
  const stopping = new AbortController()
  const server = createServer((request, response) => {
    void answer(request, response, options, stopping.signal)
  })
  // A call such as a publication may take minutes; the caller, who is this user, decides when to hang up.
  server.requestTimeout = 0
  if (process.platform !== 'win32') await removeLeftover(path)
  await listen(server, path)
  const stop = async (): Promise<void> => {
    stopping.abort()
    const closed = new Promise<void>(resolve => {
      server.close(() => resolve())
    })
    server.closeAllConnections()
    await closed
  }
  return { path, stop, [Symbol.asyncDispose]: stop }
}

// No such file, a socket that nobody listens on, something that is no socket, no such directory.
const NOBODY: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR'])

/** Whether somebody listens on the socket. */
export async function isServed(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== undefined && NOBODY.has(error.code)) resolve(false)
      else reject(error)
    })
  })
}

async function removeLeftover(path: string): Promise<void> {
  if (await isServed(path)) throw new DaemonRunningError(dirname(path), undefined)
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

// The socket is made in this turn, and for this user alone: a chmod would come after others could connect.
async function listen(server: Server, path: string): Promise<void> {
  const mask = process.umask(0o177)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
    process.umask(mask)
  })
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { routes, onUnexpected }: ServeOptions,
  stopping: AbortSignal,
): Promise<void> {
  const hungUp = new AbortController()
  response.once('close', () => hungUp.abort())
  response.on('error', () => hungUp.abort())
  response.setHeader(VERSION_HEADER, PROTOCOL_VERSION)
  response.setHeader('content-type', 'application/x-ndjson')
  response.setHeader('connection', 'close')
  const write = (line: Line): void => {
    if (response.writableEnded || response.destroyed) return
    if (response.writableLength > MAX_UNREAD) response.destroy()
    else response.write(`${JSON.stringify(line)}\n`)
  }
  try {
    const route = routeOf(request, routes)
    const body = parseBody(await readBody(request))
    const signal = AbortSignal.any([hungUp.signal, stopping])
    write({ result: await route(body, { signal, progress: event => write({ progress: event }) }) })
  } catch (error) {
    if (!(error instanceof SignpostError) && !hungUp.signal.aborted && !stopping.aborted)
      onUnexpected?.(error)
    if (!response.headersSent) response.statusCode = statusOf(error)
    write({ error: reportedError(error) })
  }
  response.end()
}

function routeOf(request: IncomingMessage, routes: Routes): Route {
  const version = request.headers[VERSION_HEADER]
  if (version !== PROTOCOL_VERSION)
    throw new DaemonVersionError(PROTOCOL_VERSION, String(version ?? 'unknown'))
  const route = request.method === 'POST' ? routes.get((request.url ?? '').slice(1)) : undefined
  if (route === undefined)
    throw new DaemonProtocolError(`the daemon has no call "${request.method} ${request.url}"`)
  return route
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  // Not destroyed on an early end: the answer goes out on the same socket.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_REQUEST_LENGTH)
      throw new DaemonProtocolError(`the request is longer than ${MAX_REQUEST_LENGTH} octets`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function parseBody(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    throw new DaemonProtocolError('the body of the request is no JSON', { cause })
  }
}

function statusOf(error: unknown): number {
  if (error instanceof DaemonVersionError) return 426
  return error instanceof DaemonProtocolError ? 400 : 200
}
