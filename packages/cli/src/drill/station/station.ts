// A machine with its programs, as a process of its own: every program uses the service by name once a period, whatever became
// of the requests before.
import { setTimeout as sleep } from 'node:timers/promises'
import { parentOf } from '../machine/child.ts'
import type { Client } from './client.ts'
import { curlClient } from './curl-client.ts'
import { nodeClient } from './node-client.ts'
import { pythonClient } from './python-client.ts'
import { LAST, type Program, type StationReport, type StationSettings } from './settings.ts'

const { settings, onLine, tell } = parentOf<StationSettings, StationReport>()
const { epoch, period, patience, programs } = settings

const last = new AbortController()
onLine(line => {
  if (line === LAST) last.abort()
})

const clients = programs.map(clientFor)
const underWay = new Set<Promise<void>>()
while (!last.signal.aborted) {
  const since = Date.now() - epoch
  await sleep((Math.floor(since / period) + 1) * period - since)
  for (const client of clients) {
    const one = request(client).finally(() => underWay.delete(one))
    underWay.add(one)
  }
}
await Promise.all(underWay)
process.exit(0)

async function request(client: Client): Promise<void> {
  const at = Date.now()
  const from = performance.now()
  const problem = await outcome(client)
  const took = Math.round(performance.now() - from)
  tell({ program: client.name, at, took, ...(problem === undefined ? {} : { problem }) })
}

async function outcome(client: Client): Promise<string | undefined> {
  const signal = AbortSignal.timeout(patience)
  try {
    await client.request(signal)
    return undefined
  } catch (error) {
    if (signal.aborted) return `no answer within ${patience / 1000} s`
    return error instanceof Error ? error.message : String(error)
  }
}

function clientFor(program: Program): Client {
  switch (program.kind) {
    case 'curl':
      return curlClient(program.name, settings)
    case 'node':
      return nodeClient(program.name, settings)
    case 'python':
      return pythonClient(program, settings)
  }
}
