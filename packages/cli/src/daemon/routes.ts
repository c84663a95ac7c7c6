import type { Node, PutProgress, ResolveProgress, ZoneClient } from '@signpost/node'
import { defined } from '../defined.ts'
import { fieldsOf, readPutCall, readResolveCall, readZoneId, writeOutcome } from './codec.ts'
import { writeFollows } from './follows.ts'
import { readHistoryCall, writeHistory } from './history-codec.ts'
import type { Route, Routes } from './server.ts'
import type { Json } from './transport.ts'

/** The calls that a node answers; whoever serves it adds its own. */
export function zoneRoutes(client: ZoneClient): Routes {
  const resolve: Route = async (body, { signal, progress }) => {
    const { zoneId, policy } = readResolveCall(body)
    const onProgress = (event: ResolveProgress): void => progress(plain(event))
    return writeOutcome(await client.resolve(zoneId, { signal, onProgress, ...defined({ policy }) }))
  }
  const put: Route = async (body, { signal, progress }) => {
    const { record, minAcks, draft } = readPutCall(body)
    const onProgress = (event: PutProgress): void => progress(plain(event))
    return { ...(await client.put(record, { signal, onProgress, ...defined({ minAcks, draft }) })) }
  }
  const history: Route = async body => {
    const call = readHistoryCall(body)
    return writeHistory(await client.history(call.zoneId), call)
  }
  return new Map([
    ['resolve', resolve],
    ['put', put],
    ['history', history],
  ])
}

/** The calls about followed zones. */
export function followRoutes(node: Pick<Node, 'follow' | 'unfollow' | 'follows'>): Routes {
  return new Map<string, Route>([
    ['follow', async body => node.follow(readZoneId(fieldsOf(body)['zoneId']))],
    ['unfollow', async body => node.unfollow(readZoneId(fieldsOf(body)['zoneId']))],
    ['follows', async () => writeFollows(await node.follows())],
  ])
}

// Events are plain data already.
function plain(event: object): Json {
  return event as unknown as Json
}
