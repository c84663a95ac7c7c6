import { Resolver } from 'node:dns'
import { readFile } from 'node:fs/promises'
import { InvalidConfigError } from '@signpost/dns'
import { type Upstream, parseUpstream } from '../upstream.ts'
import { isResolvedStub, readNameServers } from './resolv-conf.ts'

/** Where this machine's resolvers are written down. */
export interface SystemFiles {
  /** `/etc/resolv.conf`, or another file that is written in the same way. */
  readonly resolvConf: string
  /** Where systemd-resolved lists the servers that it asks itself. */
  readonly resolvedConf: string
}

export const SYSTEM_FILES: SystemFiles = {
  resolvConf: '/etc/resolv.conf',
  resolvedConf: '/run/systemd/resolve/resolv.conf',
}

/**
 * This machine's resolvers. On macOS and Windows the system knows them; elsewhere they are in a file.
 * @throws what reading a file does.
 */
export async function readSystemServers(
  files: SystemFiles = SYSTEM_FILES,
  platform: string = process.platform,
  ask: () => readonly string[] = askSystem,
): Promise<Upstream[]> {
  const isInFile = platform !== 'darwin' && platform !== 'win32'
  const texts = isInFile ? await readFiles(files) : ask()
  return texts.flatMap(upstreamIn)
}

async function readFiles({ resolvConf, resolvedConf }: SystemFiles): Promise<string[]> {
  const servers = readNameServers(await readFile(resolvConf, 'utf8'))
  if (!servers.some(isResolvedStub)) return servers
  const real = await readFile(resolvedConf, 'utf8').then(readNameServers, () => [])
  // Without the file, the stub is better than nothing.
  return real.length === 0
    ? servers
    : [...new Set([...servers.filter(each => !isResolvedStub(each)), ...real])]
}

// A new one reads the system's settings anew.
function askSystem(): readonly string[] {
  return new Resolver().getServers()
}

/** What Windows names where a network has no DNS server: addresses that were given up (RFC 3879), where nobody is. */
const NOBODY = /^\[?fec0:0:0:ffff::/i

function upstreamIn(text: string): Upstream[] {
  if (NOBODY.test(text)) return []
  try {
    return [parseUpstream(text, 'upstreams')]
  } catch (error) {
    if (error instanceof InvalidConfigError) return []
    throw error
  }
}
