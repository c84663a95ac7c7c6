// Our own hosts on loopback, for an owner who signs zones.
import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { decodeRecord } from '@signpost/core'
import { MemoryDatastore } from 'datastore-core'
import { NOW, type Owner } from '../engine.test-support.ts'
import { type Host, type HostOptions, createHost } from './host.ts'
import { introduce } from './introduce.ts'
import type { KadRouting } from '../dht/kad-routing.ts'
import { silentLogger } from '../logger.ts'
import type { RoutingAnswer } from '../routing/routing.ts'
import { drain, stopAtEnd } from '../traps/stock.test-support.ts'
import { createNodeVerifier } from '../verifier.ts'

export { createOwner } from '../engine.test-support.ts'

export async function startHost(settings: Partial<HostOptions> = {}): Promise<Host & AsyncDisposable> {
  const host = await createHost({
    networks: [{ kind: 'private', name: 'test' }],
    privateKey: await generateKeyPair('Ed25519'),
    datastore: new MemoryDatastore(),
    listen: [multiaddr('/ip4/127.0.0.1/tcp/0')],
    bootstrap: [],
    mdns: false,
    mode: 'server',
    reachability: { nat: false, relay: 'none', announce: [] },
    connections: 300,
    verifier: createNodeVerifier(),
    now: () => NOW,
    logger: silentLogger,
    ...settings,
  })
  return Object.assign(host, stopAtEnd([host]))
}

/** Starts hosts that all know each other, and stops them all when it goes out of scope. */
export async function startHosts(
  count: number,
  settings: (at: number) => Partial<HostOptions> = () => ({}),
): Promise<{ hosts: Host[] } & AsyncDisposable> {
  const hosts = await Promise.all(Array.from({ length: count }, (_, at) => startHost(settings(at))))
  await introduce(hosts)
  return { hosts, ...stopAtEnd(hosts) }
}

/** The routing of a host's first network. */
export function routingOf(host: Host): KadRouting {
  const [network] = host.networks
  if (network === undefined) throw new TypeError('the host is in no network')
  return network.routing
}

/** All that peers say to a lookup, to its end. */
export async function ask(host: Host, owner: Owner): Promise<RoutingAnswer[]> {
  return drain(routingOf(host).get(owner.routingKey, { signal: new AbortController().signal }))
}

/** The sequences among the answers, in no order. */
export function sequencesIn(owner: Owner, answers: readonly RoutingAnswer[]): number[] {
  return answers
    .flatMap(answer => (answer.kind === 'value' ? [decodeRecord(owner.zoneId, answer.value).sequence] : []))
    .sort((a, b) => a - b)
}

/** The sequence of what a host's DHT keeps for others. */
export async function heldSequence(host: Host, { zoneId }: Owner): Promise<number | undefined> {
  const held = await host.networks[0]?.guard.held(zoneId)
  return held && decodeRecord(zoneId, held).sequence
}
