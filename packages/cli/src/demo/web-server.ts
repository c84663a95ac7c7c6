import { type Server, createServer } from 'node:http'

export interface WebServer extends AsyncDisposable {
  readonly port: number
}

/** The port that the example zone names. */
export const PREFERRED_PORT = 8080

/**
 * Serves one page on 127.0.0.1, and on ::1 where the machine has it: on port 8080, or on a free one where that is
 * taken.
 */
export async function startWebServer(): Promise<WebServer> {
  const ipv4 = await listenPreferring('127.0.0.1', PREFERRED_PORT)
  const { port } = ipv4.address() as { port: number }
  const ipv6 = await listen('::1', port).catch(() => undefined)
  const servers = ipv6 === undefined ? [ipv4] : [ipv4, ipv6]
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(servers.map(close))
    },
  }
}

async function listenPreferring(host: string, port: number): Promise<Server> {
  try {
    return await listen(host, port)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error
    return listen(host, 0)
  }
}

async function listen(host: string, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/plain; charset=utf-8')
    response.end(`Hello from Signpost.\nYou came here by ${request.headers.host ?? 'no name'}.\n`)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, ipv6Only: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return server
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>(resolve => {
    server.close(() => resolve())
  })
  server.closeAllConnections()
  await closed
}
