import { SECRET_LENGTH } from './server-cookie.ts'

/** Seconds after which a new secret takes the place of the old one. RFC 7873, section 7.1: 36 days at most. */
const LIFETIME = 86_400
/** Seconds for which the one before still counts: as long as a server cookie is valid (RFC 9018, section 5). */
const OVERLAP = 3600

/** The secrets behind server cookies. They live in memory alone: after a restart every client learns a new cookie. */
export class CookieSecrets {
  private readonly random: (octets: number) => Uint8Array
  private current: Uint8Array
  private previous: Uint8Array | undefined
  private since: number

  /** @param now seconds since the epoch. */
  constructor(random: (octets: number) => Uint8Array, now: number) {
    this.random = random
    this.current = random(SECRET_LENGTH)
    this.since = now
  }

  /** Those that count, the one for new cookies first. */
  at(now: number): readonly Uint8Array[] {
    // A clock that was set back starts the time again.
    if (now < this.since) this.since = now
    if (now - this.since >= LIFETIME) {
      this.previous = now - this.since < LIFETIME + OVERLAP ? this.current : undefined
      this.current = this.random(SECRET_LENGTH)
      this.since = now
    }
    if (this.previous !== undefined && now - this.since >= OVERLAP) this.previous = undefined
    return this.previous === undefined ? [this.current] : [this.current, this.previous]
  }
}
