import { type Server, createServer } from 'node:http'
import { once } from 'node:events'

/** What the service says to whoever reaches it. */
export const GREETING = 'served\n'

/** The service behind the name. It runs all the time: nothing is wrong with it, only with its name. */
export class Service implements AsyncDisposable {
  readonly port: number
  /** How many requests came to each address. */
  readonly served: Map<string, number>
  private readonly servers: readonly Server[]

  private constructor(servers: readonly Server[], port: number, served: Map<string, number>) {
    this.served = served
    this.servers = servers
    this.port = port
  }

  /** @param port 0 is any that is free. */
  static async start(addresses: ReadonlySet<string>, port: number): Promise<Service> {
    const servers: Server[] = []
    const served = new Map<string, number>()
    let actual = port
    for (const host of addresses) {
      const server = createServer((_request, response) => {
        served.set(host, (served.get(host) ?? 0) + 1)
        response.setHeader('content-type', 'text/plain')
        response.end(GREETING)
      })
      server.listen(actual, host)
      await once(server, 'listening')
      actual = (server.address() as { port: number }).port
      servers.push(server)
    }
    return new Service(servers, actual, served)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.servers.map(async server => {
        const closed = new Promise<void>(resolve => server.close(() => resolve()))
        server.closeAllConnections()
        await closed
      }),
    )
  }
}
