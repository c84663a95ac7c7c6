// A server of the API in front of a real engine and a real guard, on a simulated network.
import { MemoryDatastore } from 'datastore-core'
import { GuardedDatastore } from '../dht/guarded-datastore.ts'
import { type Engine, NOW, createEngine } from '../engine.test-support.ts'
import { MemoryNetwork } from '../routing/memory-routing.ts'
import { createSteppedVerifier } from '../verifier.test-support.ts'
import type { KeepLimits } from '../dht/admission.ts'
import type { HttpOptions } from './http-options.ts'
import { offerRecord } from './offered-record.ts'
import { SERVER_LIMITS, type ServerLimits, startRoutingServer } from './routing-server.ts'

export interface ServedEngine extends AsyncDisposable {
  readonly url: string
  readonly network: MemoryNetwork
  readonly guard: GuardedDatastore
  readonly engine: Engine
  /** What the log got. */
  readonly errors: readonly string[]
  stop(): Promise<void>
}

export interface ServedOptions extends Partial<Pick<HttpOptions, 'proxies' | 'cors'>> {
  readonly limits?: Partial<ServerLimits>
  readonly keep?: Partial<KeepLimits>
}

export async function serveEngine(options: ServedOptions = {}): Promise<ServedEngine> {
  const network = new MemoryNetwork()
  const guard = new GuardedDatastore(new MemoryDatastore(), {
    prefix: '/dht',
    verifier: createSteppedVerifier(),
    now: () => NOW,
    ...(options.keep && { keep: options.keep }),
  })
  const errors: string[] = []
  const engine = createEngine({ network, memory: guard })
  const logger = { ...engine.context.logger, error: (message: string) => errors.push(message) }
  const server = await startRoutingServer(
    { host: '127.0.0.1', port: 0, proxies: options.proxies ?? [], cors: options.cors ?? false },
    {
      clock: engine.clock,
      logger,
      resolve: (...args) => engine.resolve(...args),
      offer: (...args) => offerRecord([{ guard, routing: network.routing() }], ...args),
    },
    { ...SERVER_LIMITS, ...options.limits },
  )
  const { url } = server
  const stop = async (): Promise<void> => {
    await Promise.all([server.stop(), engine.resolver.stop()])
  }
  return { url, network, guard, engine, errors, stop, [Symbol.asyncDispose]: stop }
}
