import type { Credentials } from './credentials.ts'

/** The part of a certificate's lifetime at whose end it is time to say that nobody has renewed it. */
const LAST_PART = 1 / 6

export interface ExpiryNotice {
  readonly kind: 'expired' | 'expires soon' | 'not valid yet'
  readonly text: string
}

/**
 * What there is to say about a certificate's validity; undefined where all is well.
 * @param now milliseconds since the epoch.
 */
export function expiryNotice(
  { validFrom, expiresAt }: Pick<Credentials, 'validFrom' | 'expiresAt'>,
  now: number,
): ExpiryNotice | undefined {
  if (now >= expiresAt)
    return {
      kind: 'expired',
      text: 'the certificate has expired, so clients refuse it; put a new one in its place',
    }
  if (now < validFrom)
    return {
      kind: 'not valid yet',
      text: "the certificate is not valid yet, so clients refuse it; is this machine's clock right?",
    }
  if (expiresAt - now < (expiresAt - validFrom) * LAST_PART)
    return {
      kind: 'expires soon',
      text: 'the certificate expires soon and has not been renewed; put a new one in its place',
    }
  return undefined
}
