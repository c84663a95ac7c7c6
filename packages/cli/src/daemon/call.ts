import { type IncomingMessage, request } from 'node:http'
import { DaemonLostError, DaemonNotRunningError, DaemonProtocolError, DaemonVersionError } from './errors.ts'
import { type Json, MAX_LINE_LENGTH, PROTOCOL_VERSION, VERSION_HEADER, errorOfReport } from './transport.ts'

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((event: Json) => void) | undefined
}

export interface DaemonAddress {
  /** The socket. */
  readonly path: string
  /** Named in errors. */
  readonly dataDir: string
}

/**
 * Makes one call and resolves to its result.
 * @throws DaemonNotRunningError, DaemonLostError, DaemonVersionError, DaemonProtocolError, or what the daemon reported.
 */
export async function callDaemon(
  address: DaemonAddress,
  name: string,
  body: Json,
  { signal, onProgress }: CallOptions = {},
): Promise<Json> {
  const response = await send(address, name, JSON.stringify(body), signal)
  const version = response.headers[VERSION_HEADER]
  if (version !== PROTOCOL_VERSION) {
    response.destroy()
    throw new DaemonVersionError(String(version ?? 'unknown'), PROTOCOL_VERSION)
  }
  try {
    for await (const line of lines(response)) {
      if ('progress' in line) onProgress?.(line['progress'] as Json)
      else if ('result' in line) return line['result'] as Json
      else throw errorOfReport(line['error'])
    }
  } catch (error) {
    signal?.throwIfAborted()
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') throw new DaemonLostError({ cause: error })
    throw error
  }
  throw new DaemonLostError()
}

async function send(
  { path, dataDir }: DaemonAddress,
  name: string,
  body: string,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      socketPath: path,
      path: `/${name}`,
      method: 'POST',
      headers: {
        [VERSION_HEADER]: PROTOCOL_VERSION,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
      ...(signal === undefined ? {} : { signal }),
    })
    outgoing.once('response', resolve)
    outgoing.once('error', (error: NodeJS.ErrnoException) => {
      if (signal?.aborted === true) reject(signal.reason as Error)
      else if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED')
        reject(new DaemonNotRunningError(dataDir, { cause: error }))
      else if (error.code === 'ECONNRESET' || error.code === 'EPIPE')
        reject(new DaemonLostError({ cause: error }))
      else reject(error)
    })
    outgoing.end(body)
  })
}

async function* lines(response: IncomingMessage): AsyncGenerator<Record<string, unknown>> {
  let rest = ''
  response.setEncoding('utf8')
  for await (const chunk of response as AsyncIterable<string>) {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() as string
    if (rest.length > MAX_LINE_LENGTH)
      throw new DaemonProtocolError('a line of the answer is longer than it may be')
    for (const part of parts) yield parseLine(part)
  }
}

function parseLine(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below, as for every other thing that is no object.
  }
  throw new DaemonProtocolError('the daemon answered with something that is no line of JSON')
}
