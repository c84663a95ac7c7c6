import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { makeSelfSigned } from '../transports/certificate/self-signed.ts'

const DAY = 86_400_000

export interface Credentials {
  /** PEM. */
  readonly key: string
  readonly cert: string
}

/** A key, and a certificate for these names that is its own authority. */
export function makeCredentials(
  names: readonly string[],
  validFrom: number = Date.now() - DAY,
  expiresAt: number = Date.now() + DAY,
): Credentials {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
  return { key, cert: makeSelfSigned({ key, names, validFrom, expiresAt, serial: randomBytes(16) }) }
}
