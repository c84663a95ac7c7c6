import { zoneIdOfRoutingKey } from '@signpost/core'
import { DelegatedEndpoint, type EndpointContext } from './delegated-endpoint.ts'
import type { Routing, RoutingAnswer, RoutingGetOptions, RoutingPut, RoutingPutOptions } from './routing.ts'

/**
 * Routing through servers of the Delegated Routing V1 HTTP API, each of which looks in a network of its own. The peers
 * of this routing are their base URLs.
 */
export class DelegatedRouting implements Routing {
  private readonly endpoints: readonly DelegatedEndpoint[]

  /** @param urls as `parseEndpoint` gives them. */
  constructor(urls: readonly string[], context: EndpointContext) {
    this.endpoints = urls.map(url => new DelegatedEndpoint(url, context))
  }

  async *get(key: Uint8Array, { signal }: RoutingGetOptions): AsyncGenerator<RoutingAnswer> {
    const zoneId = zoneIdOfRoutingKey(key)
    if (zoneId === undefined || signal.aborted) return
    const over = new AbortController()
    const either = AbortSignal.any([signal, over.signal])
    const asked = new Map(
      this.endpoints.map(endpoint => [endpoint, withEndpoint(endpoint, endpoint.get(zoneId, either))]),
    )
    try {
      while (asked.size > 0 && !signal.aborted) {
        const { endpoint, answer } = await Promise.race(asked.values())
        asked.delete(endpoint)
        if (answer !== undefined) yield answer
      }
    } finally {
      over.abort(new Error('the lookup is over'))
    }
  }

  async put(key: Uint8Array, value: Uint8Array, options: RoutingPutOptions): Promise<RoutingPut> {
    const { signal, onAck } = options
    const asked = this.endpoints.length
    let acks = 0
    await Promise.all(
      this.endpoints.map(async ({ url }) => {
        const ok = await this.send(url, key, value, { signal })
        if (ok) acks++
        onAck?.({ peer: url, ok, acks, asked })
      }),
    )
    return { acks, asked }
  }

  async send(
    peer: string,
    key: Uint8Array,
    value: Uint8Array,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<boolean> {
    const zoneId = zoneIdOfRoutingKey(key)
    const endpoint = this.endpoints.find(({ url }) => url === peer)
    if (zoneId === undefined || endpoint === undefined || signal.aborted) return false
    return endpoint.put(zoneId, value, signal)
  }
}

async function withEndpoint(
  endpoint: DelegatedEndpoint,
  answer: Promise<RoutingAnswer | undefined>,
): Promise<{ endpoint: DelegatedEndpoint; answer: RoutingAnswer | undefined }> {
  return { endpoint, answer: await answer }
}
