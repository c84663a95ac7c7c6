// Our client of the API and our server of it, as one routing.
import { zoneIdOfRoutingKey } from '@signpost/core'
import { SteppedClock } from '../engine.test-support.ts'
import { silentLogger } from '../logger.ts'
import { DelegatedRouting } from '../routing/delegated-routing.ts'
import { describeRouting } from '../routing/routing.test-support.ts'
import { serveEngine } from './routing-server.test-support.ts'

describeRouting('DelegatedRouting to our servers', async count => {
  const open = new AsyncDisposableStack()
  const servers = await Promise.all(Array.from({ length: count }, async () => open.use(await serveEngine())))
  // Somebody whom they can ask.
  for (const { network } of servers) network.add('refusing')
  const urls = servers.map(({ url }) => url)
  return {
    routing: new DelegatedRouting(urls, { clock: new SteppedClock(), logger: silentLogger }),
    holders: servers.map(({ url, guard }) => ({
      peer: url,
      held: key => guard.held(zoneIdOfRoutingKey(key)!),
      hold: (key, value) => guard.hold(zoneIdOfRoutingKey(key)!, value),
    })),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
})
