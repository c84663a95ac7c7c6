import type { Logger } from '@signpost/node'
import type { Limits } from '../../limits.ts'
import { type Certificate, type CertificateFiles, openCertificate } from './certificate.ts'
import { ownNames } from './own-names.ts'
import { keepSelfSigned, selfSignedFiles } from './self-signed-files.ts'

export interface ConfiguredCertificate {
  readonly files: CertificateFiles | { readonly selfSignedIn: string }
  /** Addresses that are listened on. */
  readonly hosts: readonly string[]
  readonly limits: Pick<Limits, 'certificateCheck'>
  readonly now: () => number
  readonly logger: Logger | undefined
}

/** The certificate that the options name, or one that is made and kept here. @throws InvalidConfigError */
export async function openConfigured(configured: ConfiguredCertificate): Promise<Certificate> {
  const { files, hosts, limits, now, logger } = configured
  const options = { interval: limits.certificateCheck, now, logger }
  if (!('selfSignedIn' in files)) return openCertificate(files, options)
  const { selfSignedIn } = files
  const names = ownNames(hosts)
  const renew = (): Promise<void> => keepSelfSigned(selfSignedIn, names, now())
  return openCertificate(selfSignedFiles(selfSignedIn), { ...options, renew })
}
