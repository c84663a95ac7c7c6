import { Resolver } from 'node:dns'
import { get } from 'node:http'
import type { LookupFunction } from 'node:net'
import { text } from 'node:stream/consumers'
import { type HostPort, printHostPort } from '../../values/host-port.ts'
import { GREETING } from '../machine/service.ts'
import { type Client, checkBody } from './client.ts'
import type { StationSettings } from './settings.ts'

/** `http.get` of Node, a connection for each request. */
export function nodeClient(name: string, { host, port, dns }: StationSettings): Client {
  const lookup = dns === undefined ? {} : { lookup: lookupAt(dns) }
  return {
    name,
    request: async signal =>
      new Promise((resolve, reject) => {
        const request = get({ host, port, agent: false, signal, ...lookup }, response => {
          text(response)
            .then(body => checkBody(body, GREETING))
            .then(resolve, reject)
        })
        request.on('error', reject)
      }),
  }
}

// Node's own stub resolver, told where to ask: what a program does that wants another server than the machine's.
function lookupAt(dns: HostPort): LookupFunction {
  const resolver = new Resolver()
  resolver.setServers([printHostPort(dns)])
  return (host, _options, found) => {
    resolver.resolve4(host, (error, addresses) => {
      found(
        error,
        (addresses ?? []).map(address => ({ address, family: 4 })),
      )
    })
  }
}
