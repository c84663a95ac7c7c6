import { isIP } from 'node:net'

/** More servers than anybody lists (resolv.conf(5): three are used). */
const MAX_SERVERS = 8

/**
 * The addresses of the name servers in a resolver configuration (resolv.conf(5)), each once. What is no address is
 * passed over, as the C library does; so is everything else that the file may say.
 */
export function readNameServers(text: string): string[] {
  const servers = new Set<string>()
  for (const line of text.split(/\r?\n/)) {
    // The keyword stands in the first column, so a line that begins with "#" or ";" never has it there.
    const address = /^nameserver[ \t]+(\S+)/.exec(line)?.[1] ?? ''
    if (isIP(address) !== 0 && servers.size < MAX_SERVERS) servers.add(address)
  }
  return [...servers]
}

/** Where systemd-resolved listens (systemd-resolved.service(8)). It stands for servers that it lists in a file of its own. */
const RESOLVED_STUBS: ReadonlySet<string> = new Set(['127.0.0.53', '127.0.0.54'])

export function isResolvedStub(address: string): boolean {
  return RESOLVED_STUBS.has(address)
}
