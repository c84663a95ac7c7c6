import { type Endpoint, printEndpoint } from '../endpoint.ts'
import type { Transport } from '../query.ts'
import { type ListenParts, listenEverywhere } from './listen.ts'
import type { Listening } from './listening.ts'

type Places = Pick<ListenParts, 'listen' | 'tls' | 'https'>
type Option = keyof Places

const OPTIONS: readonly Option[] = ['listen', 'tls', 'https']

/** All sockets of a gateway, by the options that asked for them. */
export class Sockets {
  private readonly parts: Omit<ListenParts, Option>
  private open = new Map<string, readonly Listening[]>()

  private constructor(parts: Omit<ListenParts, Option>) {
    this.parts = parts
  }

  /** All addresses or none. @throws AddressInUseError, InvalidConfigError */
  static async listen(parts: ListenParts): Promise<Sockets> {
    const sockets = new Sockets(parts)
    await sockets.move(parts)
    return sockets
  }

  /**
   * Listens at these places and, once it does, nowhere else: those that stay are not touched. Resolves to the sockets that
   * take no query any more and are to be closed when theirs are answered.
   * @throws AddressInUseError, InvalidConfigError; then all is as before.
   */
  async move(places: Places): Promise<Listening[]> {
    const next = new Map<string, readonly Listening[]>()
    const opened: Listening[] = []
    try {
      for (const option of OPTIONS)
        for (const [at, endpoint] of places[option].entries()) {
          const key = keyOf(option, endpoint, at)
          const known = this.open.get(key)
          const listening = known ?? (await this.listenAt(option, endpoint))
          if (known === undefined) opened.push(...listening)
          next.set(key, listening)
        }
    } catch (error) {
      await Promise.all(opened.map(socket => socket.close()))
      throw error
    }
    const gone = [...this.open].flatMap(([key, listening]) => (next.has(key) ? [] : listening))
    this.open = next
    await Promise.all(gone.map(socket => socket.pause()))
    return gone
  }

  get all(): Listening[] {
    return [...this.open.values()].flat()
  }

  addressesOf(transport: Transport): Endpoint[] {
    return this.all.filter(at => at.transport === transport).map(({ host, port }) => ({ host, port }))
  }

  private async listenAt(option: Option, endpoint: Endpoint): Promise<readonly Listening[]> {
    return listenEverywhere({ ...this.parts, listen: [], tls: [], https: [], [option]: [endpoint] })
  }
}

// Port 0 is another port each time that it stands in the list.
function keyOf(option: Option, endpoint: Endpoint, at: number): string {
  return `${option} ${printEndpoint(endpoint)}${endpoint.port === 0 ? ` ${at}` : ''}`
}
