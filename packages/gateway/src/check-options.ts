import { stat } from 'node:fs/promises'
import { checkedSettings, type GatewayOptions } from './options.ts'
import { openCertificate } from './transports/certificate/certificate.ts'

/**
 * Says whether a gateway can be started with options, as far as they and the files that they name tell, which are looked at
 * as the user who asks may read them. Addresses that others have taken show at the start. Resolves to what is noticed and
 * keeps nothing from starting, as text for people.
 * @throws InvalidConfigError that names the option and says what it should be.
 */
export async function checkGatewayOptions(
  options: Omit<GatewayOptions, 'resolver'>,
): Promise<readonly string[]> {
  const { certificate, hosts, upstreams, resolvConf, now } = checkedSettings(options)
  if (certificate !== undefined && 'cert' in certificate) {
    const opened = await openCertificate(certificate, { interval: 1000, now, logger: undefined })
    opened.close()
  }
  const notes: string[] = []
  if (typeof options.hosts === 'string' && !(await isFile(hosts)))
    notes.push(`there is no hosts file ${options.hosts}; its names are answered once it is there`)
  if (upstreams === 'system' && !(await isFile(resolvConf)))
    notes.push(`there is no file ${resolvConf}, so that "system" stands for nobody until it is there`)
  return notes
}

async function isFile(path: string | undefined): Promise<boolean> {
  return stat(path ?? '').then(
    file => file.isFile(),
    () => false,
  )
}
