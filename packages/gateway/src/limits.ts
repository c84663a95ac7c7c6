import { InvalidConfigError, type Limit, checkCount } from '@signpost/dns'

/** Every limit of a gateway; `LIMITS` has the defaults and bounds. */
export interface Limits {
  /** Octets of a UDP reply at most, whatever the client offers (DNS Flag Day 2020; RFC 9715, section 3.1). */
  readonly udpPayload: number
  /** Octets of memory for cached answers, as estimated. */
  readonly cacheOctets: number
  /** Seconds that an answer is kept at most (RFC 8767, section 4 allows up to seven days). */
  readonly positiveTtl: number
  /** Seconds that "no such name" and "no such type" are kept at most (RFC 2308, section 5: one to three hours). */
  readonly negativeTtl: number
  /** Seconds that a failure is kept, so that asking again does not repeat the work (RFC 9520, section 3.2). */
  readonly failureTtl: number
  /** Seconds that an upstream's answer is kept once its TTL is over (RFC 8767, section 5: one to three days); 0: not. */
  readonly staleKept: number
  /** Milliseconds that a client waits for a newer answer before it gets the stale one (RFC 8767, section 5: 1.8 s). */
  readonly staleWait: number
  /** Seconds for which a question is not asked again after that failed (RFC 8767, section 5 and 6: 30 s to 5 min). */
  readonly recheckPace: number
  /** Seconds for which a denial of a guarded name must have been seen to stand until it is believed. */
  readonly guardPatience: number
  /** Seconds after which a record of a guarded name must have been seen again to be given out as a last good answer. */
  readonly guardProof: number
  /**
   * Seconds until the upstreams are asked again about a guarded name that is in doubt. The pause doubles each time, up to
   * ten times as long.
   */
  readonly guardPace: number
  /** Guarded questions whose answers are remembered; a quarter as many more may wait for their first proof. */
  readonly guardQuestions: number
  /** Seconds until a domain whose names are asked for is looked at for its pin again, and its zone asked for. */
  readonly pinPace: number
  /** Domains whose pins are remembered; a quarter as many more may wait to be seen again. */
  readonly pinnedDomains: number
  /** Answers that are refreshed at once behind their clients' backs. More wait until they are asked for again. */
  readonly refreshes: number
  /** Questions that wait at once for the answer to an equal one; one client has half of them at most. */
  readonly coalescedQueries: number
  /** Octets of the hosts file that are read. Lists of advertisers have some million. */
  readonly hostsOctets: number
  /** Milliseconds between two looks at whether the hosts file has changed. */
  readonly hostsCheck: number
  /**
   * Lookups that wait for a zone or an upstream at once. More are told to come back (SERVFAIL). One client, and names below
   * one domain, have half of them at most.
   */
  readonly pendingQueries: number
  /** Bits of an IPv4 address, and of an IPv6 address, that tell clients apart (RFC 6177: a site has 48 to 56). */
  readonly clientIpv4Bits: number
  readonly clientIpv6Bits: number
  /** Questions of one client a second, in the long run; those of five seconds may come at once. */
  readonly clientQueries: number
  /** The same for questions whose answer is not known, so that they reach the network. */
  readonly clientLookups: number
  /** Clients that are remembered for that; those that ask are, of others the last ones. */
  readonly clientsRemembered: number
  /** Strangers a second who hear over UDP that they may not ask, or are let in far enough to hear it over TCP. */
  readonly strangersRefused: number
  /** Replies of one kind a second to one network whose clients do not show their addresses (UDP without a cookie). */
  readonly clientResponses: number
  /** Seconds for which a network that was sent more than that is limited further. */
  readonly responseWindow: number
  /** Bits of an IPv4 address, and of an IPv6 address, that make such a network. */
  readonly responseIpv4Bits: number
  readonly responseIpv6Bits: number
  /** Kinds of replies and networks that are remembered for that. */
  readonly responsesRemembered: number
  /** Of what is over a limit over UDP, every so manieth asks the client to show its address; 0 is none. */
  readonly slip: number
  /** Names that may be looked up beside a question's own: targets of aliases, handed-over labels, name servers. */
  readonly furtherNames: number
  /** Milliseconds for one question, however many zones, aliases and servers it leads to. */
  readonly questionTotal: number
  /** Milliseconds that a client waits for a signed zone. Stub resolvers give up at 5 s (resolv.conf(5)). */
  readonly zoneWait: number
  /** Milliseconds for one try of one upstream. */
  readonly upstreamTry: number
  /** Milliseconds for all tries of all upstreams together. Stub resolvers give up at 5 s (resolv.conf(5)). */
  readonly upstreamTotal: number
  /**
   * Milliseconds that an upstream is waited for at least before the next one is asked as well. The wait is what its
   * replies usually take, with their deviation (RFC 6298).
   */
  readonly upstreamPatience: number
  /**
   * Milliseconds after which an upstream that did not answer is tried again. The pause doubles with every failure, up to
   * 64 times as long; where no upstream answers, it stays.
   */
  readonly upstreamProbe: number
  /**
   * Requests that are out at servers elsewhere at once. Past half of them, each question has one: give it twice
   * `pendingQueries`, so that no flood keeps others out.
   */
  readonly upstreamExchanges: number
  /** Connections at once to one upstream, over TCP and TLS each. */
  readonly upstreamConnections: number
  /** Requests that are under way on one of them. */
  readonly upstreamPipelined: number
  /** Connections to all upstreams together that are kept although nothing is under way on them. */
  readonly upstreamKept: number
  /** Milliseconds for which they are (RFC 7766, section 6.2.3). */
  readonly upstreamIdle: number
  /** False replies over UDP to one request after which TCP takes its place. */
  readonly upstreamForgeries: number
  /** Milliseconds between two looks at whether the machine's own resolvers have changed. */
  readonly systemCheck: number
  /**
   * Connections at once over TCP, TLS and HTTPS together. For one more, the one that has been idle longest is closed;
   * where none is idle, the new one.
   */
  readonly tcpConnections: number
  /** The same for the connections of one client. */
  readonly tcpPerClient: number
  /** Queries of one connection that wait for their answers; reading stops until one has it. */
  readonly tcpPending: number
  /**
   * Octets of replies that clients over TCP, TLS and HTTPS do not take, of all connections together. Past it, that
   * connection is closed to which most is unsent, of the client to which most is.
   */
  readonly tcpUnsent: number
  /** Milliseconds without a whole query after which a TCP connection is closed (RFC 7766, section 6.2.3). */
  readonly tcpIdle: number
  /** The same over TLS and HTTPS, where a new connection costs more (RFC 7858, section 3.4). */
  readonly tlsIdle: number
  /** Milliseconds for the handshake of a TLS connection. */
  readonly tlsHandshake: number
  /** Octets of a query over HTTPS. Real ones have a few hundred; RFC 8484, section 6 allows 65,535. */
  readonly httpsQuery: number
  /** Milliseconds between two looks at whether the files of the certificate have changed. */
  readonly certificateCheck: number
  /** Milliseconds that `stop()` waits for queries in flight. */
  readonly stopGrace: number
}

export const LIMITS: { readonly [K in keyof Limits]: Limit } = {
  udpPayload: { default: 1232, min: 512, max: 4096 },
  cacheOctets: { default: 64 * 2 ** 20, min: 64 * 2 ** 10, max: 16 * 2 ** 30 },
  positiveTtl: { default: 86_400, min: 0, max: 604_800 },
  negativeTtl: { default: 3600, min: 0, max: 10_800 },
  failureTtl: { default: 1, min: 1, max: 300 },
  staleKept: { default: 259_200, min: 0, max: 604_800 },
  staleWait: { default: 1800, min: 0, max: 10_000 },
  recheckPace: { default: 30, min: 1, max: 300 },
  guardPatience: { default: 21_600, min: 1, max: 31_536_000 },
  guardProof: { default: 600, min: 1, max: 86_400 },
  guardPace: { default: 30, min: 1, max: 3600 },
  guardQuestions: { default: 5000, min: 10, max: 100_000 },
  pinPace: { default: 86_400, min: 1, max: 604_800 },
  pinnedDomains: { default: 5000, min: 10, max: 100_000 },
  refreshes: { default: 500, min: 1, max: 100_000 },
  hostsOctets: { default: 16 * 2 ** 20, min: 1024, max: 256 * 2 ** 20 },
  hostsCheck: { default: 2000, min: 10, max: 3_600_000 },
  coalescedQueries: { default: 10_000, min: 1, max: 1_000_000 },
  pendingQueries: { default: 1000, min: 1, max: 1_000_000 },
  clientIpv4Bits: { default: 32, min: 8, max: 32 },
  clientIpv6Bits: { default: 56, min: 16, max: 128 },
  clientQueries: { default: 1000, min: 1, max: 1_000_000 },
  clientLookups: { default: 200, min: 1, max: 1_000_000 },
  clientsRemembered: { default: 20_000, min: 100, max: 1_000_000 },
  strangersRefused: { default: 20, min: 1, max: 10_000 },
  clientResponses: { default: 50, min: 1, max: 1_000_000 },
  responseWindow: { default: 15, min: 1, max: 3600 },
  responseIpv4Bits: { default: 24, min: 8, max: 32 },
  responseIpv6Bits: { default: 56, min: 16, max: 128 },
  responsesRemembered: { default: 20_000, min: 100, max: 1_000_000 },
  slip: { default: 2, min: 0, max: 10 },
  furtherNames: { default: 16, min: 1, max: 64 },
  questionTotal: { default: 10_000, min: 100, max: 120_000 },
  zoneWait: { default: 4500, min: 100, max: 60_000 },
  upstreamTry: { default: 1500, min: 50, max: 30_000 },
  upstreamTotal: { default: 4500, min: 50, max: 60_000 },
  upstreamPatience: { default: 150, min: 10, max: 10_000 },
  upstreamProbe: { default: 1000, min: 10, max: 60_000 },
  upstreamExchanges: { default: 2000, min: 1, max: 30_000 },
  upstreamConnections: { default: 4, min: 1, max: 100 },
  upstreamPipelined: { default: 200, min: 1, max: 10_000 },
  upstreamKept: { default: 64, min: 0, max: 10_000 },
  upstreamIdle: { default: 10_000, min: 50, max: 3_600_000 },
  upstreamForgeries: { default: 8, min: 1, max: 1000 },
  systemCheck: { default: 5000, min: 50, max: 3_600_000 },
  tcpConnections: { default: 1000, min: 1, max: 100_000 },
  tcpPerClient: { default: 100, min: 1, max: 100_000 },
  tcpPending: { default: 100, min: 1, max: 10_000 },
  tcpUnsent: { default: 64 * 2 ** 20, min: 2 ** 20, max: 16 * 2 ** 30 },
  tcpIdle: { default: 10_000, min: 50, max: 3_600_000 },
  tlsIdle: { default: 30_000, min: 50, max: 3_600_000 },
  tlsHandshake: { default: 5000, min: 50, max: 60_000 },
  httpsQuery: { default: 4096, min: 512, max: 65_535 },
  certificateCheck: { default: 10_000, min: 50, max: 3_600_000 },
  stopGrace: { default: 2000, min: 0, max: 60_000 },
}

/** @throws InvalidConfigError for a name that is no limit and a value outside its bounds. */
export function limitsWith(chosen: Partial<Limits> = {}): Limits {
  for (const name of Object.keys(chosen))
    if (!Object.hasOwn(LIMITS, name))
      throw new InvalidConfigError(
        `limits.${name}`,
        `there is no such limit; there are ${Object.keys(LIMITS).join(', ')}`,
      )
  const limits: Record<string, number> = {}
  for (const [name, limit] of Object.entries(LIMITS))
    limits[name] = checkCount(`limits.${name}`, chosen[name as keyof Limits], limit)
  return limits as unknown as Limits
}
