import { X509Certificate, createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { CertificateFiles } from './certificate.ts'
import { type Pem, readCredentials } from './credentials.ts'
import { certifiable } from './own-names.ts'

const DAY = 86_400_000
/** Milliseconds for which a certificate is valid, before whose end it is renewed, and by which clocks may differ. */
const LIFETIME = 365 * DAY
const RENEW_BEFORE = 30 * DAY
const CLOCK_SKEW = DAY

export function selfSignedFiles(directory: string): CertificateFiles {
  return { cert: join(directory, 'self-signed.crt'), key: join(directory, 'self-signed.key') }
}

/**
 * Sees to it that there is a certificate for these names with at least thirty days to go. Its key stays the same, so
 * that whoever pins the key (RFC 7858, section 4.2) goes on trusting it.
 * @param wanted host names and IP addresses, in any form.
 * @param now milliseconds since the epoch.
 */
export async function keepSelfSigned(
  directory: string,
  wanted: readonly string[],
  now: number,
): Promise<void> {
  const names = certifiable(wanted)
  const files = selfSignedFiles(directory)
  const [cert, oldKey] = await Promise.all([readIfThere(files.cert), readIfThere(files.key)])
  if (cert !== undefined && oldKey !== undefined && isGood({ cert, key: oldKey }, names, now)) return
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const key = usable(oldKey) ?? newKey()
  if (key !== oldKey) await replaceFile(files.key, key)
  // Here, since most gateways never make a certificate, and the library takes a while to load.
  const { makeSelfSigned } = await import('./self-signed.ts')
  const request = { key, names, validFrom: now - CLOCK_SKEW, expiresAt: now + LIFETIME }
  await replaceFile(files.cert, makeSelfSigned({ ...request, serial: randomBytes(16) }))
}

function isGood(pem: Pem, names: readonly string[], now: number): boolean {
  try {
    const { validFrom, expiresAt } = readCredentials(pem)
    const certificate = new X509Certificate(pem.cert)
    const covers = (name: string): boolean =>
      (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined
    return validFrom <= now && expiresAt - now > RENEW_BEFORE && names.every(covers)
  } catch {
    return false
  }
}

function usable(key: string | undefined): string | undefined {
  try {
    const details = key === undefined ? undefined : createPrivateKey(key).asymmetricKeyDetails
    return details?.namedCurve === 'prime256v1' ? key : undefined
  } catch {
    return undefined
  }
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' })
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** In one step, so that nobody ever reads half of it; for this user alone. */
async function replaceFile(path: string, text: string): Promise<void> {
  const half = `${path}.${process.pid}.new`
  await writeFile(half, text, { mode: 0o600 })
  await rename(half, path)
}
