import { isIP } from 'node:net'

/** The lines of resolv.conf(5) that matter here. */
export interface ResolvConf {
  /** Addresses, an IPv6 one perhaps with a zone. */
  readonly servers: readonly string[]
  /** Whatever else it has, `search` and `options` above all, as it is written. */
  readonly others: readonly string[]
}

export function parseResolvConf(text: string): ResolvConf {
  const servers: string[] = []
  const others: string[] = []
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line === '' || /^[#;]/.test(line)) continue
    const [keyword, value = ''] = line.split(/\s+/)
    if (keyword !== 'nameserver') others.push(line)
    else if (isIP(value) !== 0) servers.push(value)
  }
  return { servers, others }
}

export function printResolvConf({ servers, others }: ResolvConf, comments: readonly string[]): string {
  return [
    ...comments.map(comment => `# ${comment}`),
    ...servers.map(server => `nameserver ${server}`),
    ...others,
    '',
  ].join('\n')
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}
