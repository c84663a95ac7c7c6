import { type EdnsOption, EdnsOptionCode, type Message } from '@signpost/dns'
import { decodeCookie } from '../edns/cookies.ts'
import { CLIENT_COOKIE_LENGTH } from '../edns/server-cookie.ts'
import { ServerNotes } from './server-notes.ts'

/** What the cookie in a reply says (RFC 7873, section 5.3). */
export type CookieFinding =
  /** It is ours, or there is none and none was to be expected. */
  | 'good'
  /** The server has cookies, and its reply had none. */
  | 'missing'
  /** Not made for this request. */
  | 'wrong'

/** Milliseconds after which a server knows us by another cookie (RFC 7873, section 7.1 allows 36 days). */
const LIFETIME = 3_600_000

interface Cookies {
  readonly client: Uint8Array
  server: Uint8Array | undefined
}

/**
 * The client's side of DNS cookies (RFC 7873): every server gets one of its own, so that none knows us by another one's,
 * and gives one that goes back to it. Times are milliseconds of a clock that never goes back.
 */
export class ClientCookies {
  private readonly random: (octets: number) => Uint8Array
  private readonly servers = new ServerNotes<Cookies>(LIFETIME)

  constructor(random: (octets: number) => Uint8Array) {
    this.random = random
  }

  /** For a request to a server. */
  optionFor(server: string, now: number): EdnsOption {
    const cookies = this.of(server, now)
    return {
      code: EdnsOptionCode.COOKIE,
      data: Uint8Array.from([...cookies.client, ...(cookies.server ?? [])]),
    }
  }

  /** Looks at the reply to a request with that option, and remembers what the server gave. */
  judge(server: string, option: EdnsOption, reply: Message, now: number): CookieFinding {
    const cookies = this.of(server, now)
    const received = reply.edns?.options.find(({ code }) => code === EdnsOptionCode.COOKIE)
    if (received === undefined) return option.data.length > CLIENT_COOKIE_LENGTH ? 'missing' : 'good'
    const cookie = decodeCookie(received.data)
    if (cookie === undefined || !sameOctets(cookie.client, option.data.subarray(0, CLIENT_COOKIE_LENGTH)))
      return 'wrong'
    if (sameOctets(cookie.client, cookies.client)) cookies.server = cookie.server
    return 'good'
  }

  /** The server has no cookies any more, or not all of its machines have. */
  forget(server: string, now: number): void {
    this.of(server, now).server = undefined
  }

  private of(server: string, now: number): Cookies {
    const known = this.servers.of(server, now)
    if (known !== undefined) return known
    const fresh = { client: this.random(CLIENT_COOKIE_LENGTH), server: undefined }
    this.servers.write(server, fresh, now)
    return fresh
  }
}

function sameOctets(some: Uint8Array, others: Uint8Array): boolean {
  return some.length === others.length && some.every((octet, at) => octet === others[at])
}
