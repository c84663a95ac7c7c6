// A server of the Delegated Routing V1 HTTP API as kubo is one: it says that all went well to every put.
import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { compareRecords, decodeRecord, parseZoneId } from '@signpost/core'
import { RECORD_TYPE } from './delegated-api.ts'

export interface TestServer extends AsyncDisposable {
  /** Its base URL. */
  readonly url: string
  /** Requests that came so far, such as `GET /routing/v1/ipns/k51…`. */
  readonly requests: readonly string[]
}

export interface RecordServer extends TestServer {
  held(zoneId: string): Uint8Array | undefined
  hold(zoneId: string, record: Uint8Array): void
}

/** A server on loopback that does with each request whatever `respond` does. */
export async function startServer(
  respond: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<TestServer> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    respond(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** One that keeps the newest record that it is given. */
export async function startRecordServer(): Promise<RecordServer> {
  const records = new Map<string, Uint8Array>()
  const server = await startServer(async (request, response) => {
    const name = request.url?.split('/').at(-1) ?? ''
    const held = records.get(name)
    if (request.method === 'PUT') {
      const given = new Uint8Array(await buffer(request))
      if (held === undefined || isNewer(name, given, held)) records.set(name, given)
      response.end()
    } else if (held === undefined) response.setHeader('content-type', 'text/plain').end('routing: not found')
    else response.setHeader('content-type', RECORD_TYPE).end(held)
  })
  return Object.assign(server, {
    held: (zoneId: string) => records.get(zoneId),
    hold: (zoneId: string, record: Uint8Array) => records.set(zoneId, record),
  })
}

function isNewer(name: string, given: Uint8Array, held: Uint8Array): boolean {
  const zoneId = parseZoneId(name)
  return compareRecords(decodeRecord(zoneId, given), decodeRecord(zoneId, held)) > 0
}
