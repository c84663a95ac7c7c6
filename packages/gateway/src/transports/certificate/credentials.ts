import { type KeyObject, X509Certificate, createPrivateKey } from 'node:crypto'
import { createSecureContext } from 'node:tls'

/** A certificate, with those that lead to its root behind it, and its key. */
export interface Pem {
  readonly cert: string
  readonly key: string
}

/** What TLS servers need of a certificate. */
export interface Credentials {
  readonly pem: Pem
  /** Host names and IP addresses, as the certificate has them. */
  readonly names: string
  /** Milliseconds since the epoch. */
  readonly validFrom: number
  readonly expiresAt: number
}

/** @throws Error that says what is wrong with them. */
export function readCredentials({ cert, key }: Pem): Credentials {
  const certificate = readCertificate(cert)
  if (!certificate.checkPrivateKey(readKey(key)))
    throw new Error('the key is not the one of the certificate; give the two that belong together')
  // Whatever else OpenSSL has against them, a key that is too short above all, it shall say now.
  createSecureContext({ cert, key })
  return {
    pem: { cert, key },
    names: certificate.subjectAltName ?? certificate.subject,
    validFrom: Date.parse(certificate.validFrom),
    expiresAt: Date.parse(certificate.validTo),
  }
}

function readCertificate(cert: string): X509Certificate {
  try {
    return new X509Certificate(cert)
  } catch (cause) {
    throw new Error('the certificate is none in PEM form ("-----BEGIN CERTIFICATE-----")', { cause })
  }
}

function readKey(key: string): KeyObject {
  try {
    return createPrivateKey(key)
  } catch (cause) {
    throw new Error('the key is none in PEM form ("-----BEGIN PRIVATE KEY-----") and without a passphrase', {
      cause,
    })
  }
}
