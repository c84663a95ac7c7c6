import { Resolver } from 'node:dns/promises'
import { get } from 'node:http'
import type { LookupFunction } from 'node:net'
import { SignpostError } from '@signpost/dns'
import { type HostPort, printHostPort } from '../values/host-port.ts'

/** The demo does not do what it promises. */
export class SelfCheckError extends SignpostError {
  readonly code = 'SELF_CHECK_FAILED'
}

/** Does what the demo tells the user to do: asks the gateway for the name, and fetches the page there. */
export async function selfCheck(dns: HostPort, host: string, port: number): Promise<void> {
  const resolver = new Resolver({ timeout: 5_000, tries: 2 })
  resolver.setServers([printHostPort(dns)])
  const addresses = await resolver.resolve4(host).catch((cause: unknown) => {
    throw new SelfCheckError(`the gateway did not resolve ${host}: ${String(cause)}`, { cause })
  })
  if (!addresses.includes('127.0.0.1'))
    throw new SelfCheckError(`${host} is at ${addresses.join(', ')} instead of 127.0.0.1`)
  const page = await fetchPage(host, port, addresses)
  if (!page.includes(host)) throw new SelfCheckError(`the page at ${host} is not the one of the demo`)
}

async function fetchPage(host: string, port: number, addresses: readonly string[]): Promise<string> {
  const lookup: LookupFunction = (_host, _options, found) => {
    found(
      null,
      addresses.map(address => ({ address, family: 4 })),
    )
  }
  return new Promise((resolve, reject) => {
    const request = get({ host, port, lookup, agent: false }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve(text))
      response.on('error', reject)
    })
    request.on('error', reject)
  })
}
