import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type SignedRecord,
  type ZoneId,
  RecordExpiredError,
  apexOf,
  createZone,
  signRecord,
  signerFromSeed,
  zoneIdOf,
} from '@signpost/core'
import { parseZoneFile } from '@signpost/dns'
import {
  type PastRecord,
  type Provenance,
  PublishConflictError,
  type PutOptions,
  type ResolveOptions,
  type ResolveOutcome,
  StaleSequenceError,
  type ZoneClient,
  publish,
} from '@signpost/node'
import { DaemonClient } from './daemon-client.ts'
import { zoneRoutes } from './routes.ts'
import { type DaemonServer, type Routes, isServed, serve } from './server.ts'
import { socketPathOf } from './socket-path.ts'
import { MAX_REQUEST_LENGTH, PROTOCOL_VERSION, VERSION_HEADER } from './transport.ts'

const signer = signerFromSeed(new Uint8Array(32).fill(7))
const zoneId = zoneIdOf(signer.publicKey)
const records = parseZoneFile('www 300 A 192.0.2.1', { origin: apexOf(zoneId) })
const provenance: Provenance = { source: 'network', peer: '12D3Koo', agreed: 3, asked: 5, elapsed: 12.5 }

async function signed(sequence: number): Promise<SignedRecord> {
  const content = createZone(zoneId, records)
  return signRecord({ zoneId, content, sequence, expiresAt: 4_000_000_000_000 }, signer)
}

/** Holds what it is given, and answers what the test sets. */
class FakeClient implements ZoneClient {
  outcome: ResolveOutcome = { kind: 'absent', provenance }
  past: PastRecord[] = []
  readonly puts: SignedRecord[] = []
  readonly options: (ResolveOptions | PutOptions)[] = []

  async resolve(_zoneId: ZoneId, options: ResolveOptions = {}): Promise<ResolveOutcome> {
    this.options.push(options)
    options.onProgress?.({ kind: 'lookup', joined: false })
    options.onProgress?.({ kind: 'best', sequence: 3, peer: '12D3Koo' })
    return this.outcome
  }

  async history(): Promise<readonly PastRecord[]> {
    return this.past
  }

  async put(
    record: SignedRecord,
    options: PutOptions = {},
  ): Promise<{ sequence: number; acks: number; k: number }> {
    this.options.push(options)
    this.puts.push(record)
    options.onProgress?.({ kind: 'stored', sequence: record.sequence })
    return { sequence: record.sequence, acks: 4, k: 5 }
  }
}

let dataDir: string
let fake: FakeClient
let client: DaemonClient
let server: DaemonServer | undefined
const unexpected: unknown[] = []

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'signpost-daemon-'))
  fake = new FakeClient()
  client = new DaemonClient({ path: socketPathOf(dataDir), dataDir })
  unexpected.length = 0
})

afterEach(async () => {
  await server?.stop()
  server = undefined
  await rm(dataDir, { recursive: true })
})

async function start(routes: Routes = zoneRoutes(fake)): Promise<void> {
  server = await serve({ path: socketPathOf(dataDir), routes, onUnexpected: error => unexpected.push(error) })
}

test('only the owner can talk to the daemon', async () => {
  await start()
  expect((await stat(socketPathOf(dataDir))).mode & 0o777).toBe(0o600)
})

test('a record that the node found arrives as it was signed', async () => {
  const record = await signed(3)
  fake.outcome = { kind: 'found', record, freshness: 'stale', confirmedAt: 1_700_000_000_000, provenance }
  await start()
  expect(await client.resolve(zoneId, { policy: 'network-first' })).toEqual(fake.outcome)
  expect(fake.options[0]).toMatchObject({ policy: 'network-first' })
})

test('every other outcome arrives too', async () => {
  await start()
  expect(await client.resolve(zoneId)).toEqual({ kind: 'absent', provenance })
  fake.outcome = { kind: 'expired', record: await signed(3), provenance: { ...provenance, peer: undefined } }
  expect(await client.resolve(zoneId)).toEqual(fake.outcome)
  const error = new RecordExpiredError(zoneId, '2020-01-01T00:00:00Z', 1)
  fake.outcome = { kind: 'invalid', error, provenance }
  expect(await client.resolve(zoneId)).toMatchObject({
    kind: 'invalid',
    error: { code: 'RECORD_EXPIRED', message: error.message },
  })
})

test('progress comes while the call is under way', async () => {
  await start()
  const events: unknown[] = []
  await client.resolve(zoneId, { onProgress: event => events.push(event) })
  expect(events).toEqual([
    { kind: 'lookup', joined: false },
    { kind: 'best', sequence: 3, peer: '12D3Koo' },
  ])
})

test('a record is put as it was signed', async () => {
  await start()
  const record = await signed(8)
  expect(await client.put(record, { minAcks: 0 })).toEqual({ sequence: 8, acks: 4, k: 5 })
  expect(fake.puts).toEqual([record])
  expect(fake.options[0]).toMatchObject({ minAcks: 0 })
})

test('publishing through a daemon is the same as publishing with a node', async () => {
  fake.outcome = {
    kind: 'found',
    record: await signed(3),
    freshness: 'fresh',
    confirmedAt: undefined,
    provenance,
  }
  await start()
  const published = await publish(client, {
    signer,
    content: records,
    base: 3,
    now: 1_700_000_000_000,
  })
  expect(published).toMatchObject({ sequence: 4, acks: 4, k: 5 })
  expect(fake.puts[0]?.sequence).toBe(4)
})

test('a record is put with what its publisher had written, and so is the history', async () => {
  const draft = createZone(zoneId, parseZoneFile('draft 300 A 192.0.2.9', { origin: apexOf(zoneId) }))
  fake.past = [
    { record: await signed(1), publishedHere: true, stood: true },
    { record: await signed(2), publishedHere: false, stood: false },
    { record: await signed(3), publishedHere: true, stood: false, draft },
  ]
  await start()
  expect(await client.history(zoneId)).toEqual(fake.past)
  await client.put(await signed(4), { draft })
  expect(fake.options[0]).toMatchObject({ draft })
})

test('a history of any length comes whole, in its order', async () => {
  await start()
  const records = await Promise.all(Array.from({ length: 201 }, (_, at) => signed(at + 1)))
  for (const length of [0, 1, 99, 100, 101, 200, 201]) {
    fake.past = records.slice(0, length).map(record => ({ record, publishedHere: true, stood: true }))
    expect((await client.history(zoneId)).map(({ record }) => record.sequence)).toEqual(
      fake.past.map(({ record }) => record.sequence),
    )
  }
})

test('a conflict that the daemon meets is the whole of it for the publisher, who has the versions', async () => {
  const [mine, theirs] = [await signed(3), await signed(4)]
  const found = { kind: 'found', freshness: 'fresh', confirmedAt: undefined, provenance } as const
  fake.past = [{ record: mine, publishedHere: true, stood: true }]
  fake.outcome = { ...found, record: mine }
  const conflict = { zoneId, expected: 3, current: 4, base: mine, theirs, diff: [] }
  fake.put = async (record, options) => {
    options?.onProgress?.({ kind: 'stored', sequence: record.sequence })
    fake.outcome = { ...found, record: theirs }
    throw new PublishConflictError({ ...conflict, lost: record })
  }
  await start()
  const content = parseZoneFile('other 300 A 192.0.2.9', { origin: apexOf(zoneId) })
  const forced = { signer, content, force: true, now: 1_700_000_000_000 }
  await expect(publish(client, forced)).rejects.toMatchObject({
    code: 'PUBLISH_CONFLICT',
    base: { sequence: 3 },
    theirs: { data: theirs.data },
    lost: { sequence: 4 },
  })
})

test('an error of the node keeps its code and its advice', async () => {
  const error = new StaleSequenceError(zoneId, 3, 5)
  fake.put = async () => {
    throw error
  }
  await start()
  await expect(client.put(await signed(3))).rejects.toMatchObject({
    code: 'STALE_SEQUENCE',
    message: error.message,
    sequence: 3,
    current: 5,
  })
  expect(unexpected).toEqual([])
})

test('an error that nobody expects is logged by the daemon and tells the caller nothing', async () => {
  const error = new TypeError('a secret')
  fake.resolve = async () => {
    throw error
  }
  await start()
  await expect(client.resolve(zoneId)).rejects.toMatchObject({
    code: 'INTERNAL',
    message: expect.not.stringContaining('secret') as string,
  })
  expect(unexpected).toEqual([error])
})

test('hanging up aborts the call in the daemon', async () => {
  const hangUp = new AbortController()
  const seen = new Promise<AbortSignal>(resolve => {
    fake.resolve = async (_id, options) => {
      const signal = options?.signal
      resolve(signal!)
      hangUp.abort()
      return new Promise((_resolve, reject) => {
        signal!.addEventListener('abort', () => reject(signal!.reason as Error))
      })
    }
  })
  await start()
  await expect(client.resolve(zoneId, { signal: hangUp.signal })).rejects.toMatchObject({
    name: 'AbortError',
  })
  const { aborted } = await seen
  // The daemon learns of it from the socket, a moment later than the caller.
  if (!aborted)
    await new Promise<void>(
      resolve => void seen.then(signal => signal.addEventListener('abort', () => resolve())),
    )
})

test('a daemon that stops ends the calls under way', async () => {
  fake.resolve = async (_id, options) => {
    const signal = options?.signal
    void server?.stop()
    return new Promise((_resolve, reject) => {
      signal!.addEventListener('abort', () => reject(signal!.reason as Error))
    })
  }
  await start()
  await expect(client.resolve(zoneId)).rejects.toMatchObject({ code: 'DAEMON_LOST' })
})

test('no daemon is told from a daemon that died', async () => {
  await expect(client.resolve(zoneId)).rejects.toMatchObject({ code: 'DAEMON_NOT_RUNNING' })
  await leftoverSocket()
  await expect(client.resolve(zoneId)).rejects.toMatchObject({ code: 'DAEMON_NOT_RUNNING' })
})

test('the socket of a killed daemon is replaced', async () => {
  await leftoverSocket()
  expect(await isServed(socketPathOf(dataDir))).toBe(false)
  await start()
  expect(await client.resolve(zoneId)).toMatchObject({ kind: 'absent' })
})

test('the socket of a live daemon is not taken', async () => {
  await start()
  await expect(serve({ path: socketPathOf(dataDir), routes: new Map() })).rejects.toMatchObject({
    code: 'DAEMON_RUNNING',
  })
  expect(await client.resolve(zoneId)).toMatchObject({ kind: 'absent' })
})

test('a daemon that stops takes its socket away', async () => {
  await start()
  await server?.stop()
  await expect(stat(socketPathOf(dataDir))).rejects.toMatchObject({ code: 'ENOENT' })
})

test.each([
  ['a call that is not there', 'frobnicate', '{}', 400],
  ['no JSON', 'resolve', 'hello', 400],
  ['no object', 'resolve', '[]', 400],
  ['no zone ID', 'resolve', '{}', 400],
  ['a broken zone ID', 'resolve', '{"zoneId":"k51"}', 400],
  ['a policy that is not there', 'resolve', `{"zoneId":"${zoneId}","policy":"luck"}`, 400],
  ['a record that is none', 'put', `{"zoneId":"${zoneId}","record":"AAAA"}`, 400],
  ['a body that is too long', 'put', JSON.stringify('x'.repeat(MAX_REQUEST_LENGTH)), 400],
])('%s is refused and does the daemon no harm', async (_what, name, body, status) => {
  await start()
  const reply = await post(name, body, { [VERSION_HEADER]: PROTOCOL_VERSION })
  expect(reply.status).toBe(status)
  expect(JSON.parse(reply.text)).toMatchObject({ error: { code: 'DAEMON_PROTOCOL' } })
  expect(unexpected).toEqual([])
  expect(await client.resolve(zoneId)).toMatchObject({ kind: 'absent' })
})

test('another version of the protocol is noticed by the daemon', async () => {
  await start()
  const reply = await post('resolve', '{}', { [VERSION_HEADER]: '0' })
  expect(reply.status).toBe(426)
  expect(JSON.parse(reply.text)).toMatchObject({ error: { code: 'DAEMON_VERSION' } })
})

test('another version of the protocol is noticed by the command', async () => {
  await using odd = await answeringWith('{}\n', '99')
  await expect(odd.client.resolve(zoneId)).rejects.toMatchObject({
    code: 'DAEMON_VERSION',
    message: expect.stringContaining('version 99') as string,
  })
})

test.each(['hello\n', '{"result":{"kind":"found"}}\n', '{"error":{}}\n', '{"result":7}\n'])(
  'a daemon that answers %j is an error that says so',
  async line => {
    await using odd = await answeringWith(line, PROTOCOL_VERSION)
    await expect(odd.client.resolve(zoneId)).rejects.toMatchObject({ code: 'DAEMON_PROTOCOL' })
  },
)

test('a daemon that ends before its answer is lost', async () => {
  await using odd = await answeringWith('{"progress":1}\n{"resu', PROTOCOL_VERSION)
  await expect(odd.client.resolve(zoneId)).rejects.toMatchObject({ code: 'DAEMON_LOST' })
})

test('a data directory whose path is too long for a socket is an error that says what to do', () => {
  expect(() => socketPathOf(`/${'d'.repeat(100)}`, 'linux')).toThrow(
    expect.objectContaining({
      code: 'SOCKET_PATH_TOO_LONG',
      message: expect.stringContaining('--data') as string,
    }),
  )
  expect(socketPathOf('/var/lib/signpost', 'linux')).toBe('/var/lib/signpost/signpost.sock')
})

test('a data directory on Windows has a pipe of its own', () => {
  const pipe = socketPathOf('C:\\Users\\alice\\signpost', 'win32')
  expect(pipe).toMatch(/^\\\\\.\\pipe\\signpost-[0-9a-f]{32}$/)
  expect(socketPathOf('c:\\users\\ALICE\\signpost', 'win32')).toBe(pipe)
  expect(socketPathOf('C:\\Users\\bob\\signpost', 'win32')).not.toBe(pipe)
})

async function answeringWith(
  text: string,
  version: string,
): Promise<AsyncDisposable & { client: DaemonClient }> {
  const other = createServer((_request, response) => {
    response.setHeader(VERSION_HEADER, version)
    response.end(text)
  })
  await new Promise<void>(resolve => void other.listen(socketPathOf(dataDir), resolve))
  return {
    client,
    [Symbol.asyncDispose]: async () => {
      await new Promise(resolve => void other.close(resolve))
    },
  }
}

async function leftoverSocket(): Promise<void> {
  // What kill -9 leaves: a socket file that nobody listens on.
  const script = `require('node:net').createServer().listen(${JSON.stringify(socketPathOf(dataDir))}, () => process.kill(process.pid, 'SIGKILL'))`
  try {
    execFileSync(process.execPath, ['-e', script], { stdio: 'ignore' })
  } catch {
    // It killed itself.
  }
  expect((await stat(socketPathOf(dataDir))).isSocket()).toBe(true)
}

async function post(
  name: string,
  body: string,
  headers: Record<string, string>,
): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { socketPath: socketPathOf(dataDir), path: `/${name}`, method: 'POST', headers },
      response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode, text }))
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
