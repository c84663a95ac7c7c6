import { type LookupFunction, type Socket, createConnection, isIP } from 'node:net'
import { type SecureContext, checkServerIdentity, connect, createSecureContext } from 'node:tls'
import { BRIEF_TIME, ServerNotes } from './server-notes.ts'
import { monotonicNow } from './monotonic.ts'
import { type Upstream, certificateNameOf, printUpstream } from './upstream.ts'

/** A connection that is being made. */
export interface Dialled {
  readonly socket: Socket
  /** Comes once the server is who it should be: nothing is to be written before. */
  readonly readyEvent: 'connect' | 'secureConnect'
}

/** Connects to a server over TCP, or over TLS. An error goes to the socket's listeners. */
export type Dial = (server: Upstream) => Dialled

export interface DialParts {
  /** The IP addresses of a host that is given by name. Never rejects. */
  readonly addressesOf: (host: string) => Promise<readonly string[]>
  /** Certificates, PEM, that take the place of those that Node trusts. */
  readonly ca: string | undefined
}

/** What TLS says both ends speak next (RFC 7301). Servers of DoT rarely know such a thing; those of DoH have to. */
const ALPN = { tls: undefined, https: ['h2'] } as const

export function createDial({ addressesOf, ca }: DialParts): Dial {
  // Made once, where it is needed: it holds all the certificates that are trusted.
  let context: SecureContext | undefined
  const sessions = new ServerNotes<Buffer>(BRIEF_TIME)

  const lookup: LookupFunction = (host, options, callback) => {
    void findAddresses(addressesOf, host, options.all === true, callback)
  }

  return server => {
    const { protocol, host, port } = server
    const at = { host, port, lookup, noDelay: true }
    if (protocol === 'udp' || protocol === 'tcp')
      return { socket: createConnection(at), readyEvent: 'connect' }
    context ??= createSecureContext({ minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) })
    const name = certificateNameOf(server)
    const text = printUpstream(server)
    const session = sessions.of(text, monotonicNow())
    const socket = connect({
      ...at,
      secureContext: context,
      rejectUnauthorized: true,
      // An address has no place there (RFC 6066, section 3).
      servername: isIP(name) === 0 ? name : '',
      checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
      ...(ALPN[protocol] === undefined ? {} : { ALPNProtocols: [...ALPN[protocol]] }),
      ...(session === undefined ? {} : { session }),
    })
    // A session that is taken up again is not checked again; this one was, or it would not be told of.
    socket.on('session', (ticket: Buffer) => {
      sessions.write(text, ticket, monotonicNow())
    })
    return { socket, readyEvent: 'secureConnect' }
  }
}

/** Answers as dns.lookup does. */
async function findAddresses(
  addressesOf: DialParts['addressesOf'],
  host: string,
  all: boolean,
  callback: Parameters<LookupFunction>[2],
): Promise<void> {
  const addresses = await addressesOf(host)
  const found = addresses.map(address => ({ address, family: isIP(address) }))
  const [first] = found
  if (first === undefined) callback(new Error(`no address of ${host} is known`), '')
  else if (all) callback(null, found)
  else callback(null, first.address, first.family)
}
