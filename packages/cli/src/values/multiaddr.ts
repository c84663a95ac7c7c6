import { multiaddr } from '@multiformats/multiaddr'
import { UsageError } from '../errors.ts'

/** Checks an address of the form `/ip4/192.0.2.1/tcp/4001` and gives it back as it was written. @throws UsageError */
export function parseMultiaddr(text: string): string {
  if (!text.startsWith('/'))
    throw new UsageError(`"${text}" is no multiaddr; write it as /ip4/192.0.2.1/tcp/4001 or /ip6/::/tcp/4001`)
  try {
    const parts = multiaddr(text).getComponents()
    if (parts.length < 2) throw new TypeError('a transport such as /tcp/4001 is missing')
    return text
  } catch (cause) {
    throw new UsageError(`"${text}" is no multiaddr: ${(cause as Error).message}`, { cause })
  }
}
