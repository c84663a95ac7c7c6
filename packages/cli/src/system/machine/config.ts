import { parseConfig } from '../../config/config-file.ts'
import { parseHostPort } from '../../values/host-port.ts'
import type { ConfigFacts } from '../facts.ts'
import { type Machine, readText } from './machine.ts'

/** Undefined where there is no such file. @throws ConfigFileError */
export async function readConfigFacts(machine: Machine, path: string): Promise<ConfigFacts | undefined> {
  const text = await readText(machine, path)
  if (text === undefined) return undefined
  const { gateway = {} } = parseConfig(path, text)
  const { listen, suffixes, upstreams } = gateway
  return {
    listen: listen?.map(place => parseHostPort(place)),
    suffixes,
    upstreams: upstreams === 'system' ? upstreams : (upstreams ?? []).length === 0 ? 'none' : 'others',
    resolvConf: (gateway as { readonly 'resolv-conf'?: string })['resolv-conf'],
  }
}
