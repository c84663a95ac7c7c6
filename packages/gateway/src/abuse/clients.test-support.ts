import { type EdnsOption, type Message, decodeMessage, encodeMessage } from '@signpost/dns'
import { plainEdns, queryFor } from '../asking.test-support.ts'
import { type Server, recursiveServer } from '../in-process.test-support.ts'
import type { Transport } from '../query.ts'
import type { Service } from '../service.ts'

/** Asks as a client of any address; undefined where nothing comes back. */
export async function askFrom(
  service: Service,
  address: string,
  name: string,
  changes: Partial<Message> & {
    readonly transport?: Transport
    readonly port?: number
    readonly type?: string
  } = {},
): Promise<Message | undefined> {
  const { transport = 'udp', port = 40_000, type, ...message } = changes
  const reply = await service(encodeMessage(queryFor(name, type, message)), transport, { address, port })
  return reply === undefined ? undefined : decodeMessage(reply)
}

/** A query's EDNS with a cookie; without a server's part where the client has none yet. */
export function withCookie(client: Uint8Array, server: Uint8Array = new Uint8Array()): Partial<Message> {
  const data = Uint8Array.of(...client, ...server)
  return { edns: { ...plainEdns, options: [{ code: 10, data }] } }
}

/** The cookie that a reply gives. */
export function cookieOf(reply: Message | undefined): Uint8Array {
  const option: EdnsOption | undefined = reply?.edns?.options.find(({ code }) => code === 10)
  if (option === undefined) throw new Error('the reply has no cookie')
  return option.data.subarray(8)
}

/** A resolver that knows every name, and answers once it may. */
export class SlowServer {
  asked = 0
  private readonly go = Promise.withResolvers<void>()

  readonly server: Server = async request => {
    this.asked++
    await this.go.promise
    return recursiveServer(`${String(request.questions[0]?.name)} 300 A 192.0.2.1\n`)(request)
  }

  answerAll(): void {
    this.go.resolve()
  }
}
