import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { expect, test } from 'vitest'
import { askTcp, askUdp, queryFor } from '../asking.test-support.ts'
import { createGateway } from '../create-gateway.ts'
import type { GatewayStats } from '../stats.ts'
import { PublishedZones, idOf } from '../zones.test-support.ts'
import { printMetrics } from './metrics.ts'
import { serveMetrics } from './metrics-server.ts'

// The text format, version 0.0.4, line by line.
const COMMENT = /^# (HELP|TYPE) [a-z_]+ .+$/
const SAMPLE = /^([a-z_]+)(?:\{([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"\})? (-?[\d.e+]+)$/

function read(text: string): Map<string, number> {
  expect(text.endsWith('\n')).toBe(true)
  const samples = new Map<string, number>()
  let name = ''
  for (const line of text.slice(0, -1).split('\n')) {
    if (line.startsWith('#')) {
      expect(line).toMatch(COMMENT)
      name = line.split(' ')[2] ?? ''
      continue
    }
    const [, sample, , label, value] = SAMPLE.exec(line) ?? []
    // A family's samples stand together behind its comments.
    expect([line, sample]).toEqual([line, name])
    samples.set(label === undefined ? name : `${name} ${label}`, Number(value))
  }
  return samples
}

async function stats(): Promise<GatewayStats> {
  const zones = new PublishedZones()
  await zones.publish(1, 'www A 192.0.2.1\n')
  const listen = [{ host: '127.0.0.1', port: 0 }]
  await using gateway = await createGateway({ resolver: zones, listen, now: () => zones.now })
  const at = gateway.addresses[0]!
  const name = `www.${idOf(1)}.signpost.internal`
  for (const ask of [askUdp, askUdp, askTcp]) await ask(at, queryFor(name))
  await askUdp(at, queryFor('www.example'))
  return gateway.stats()
}

test('metrics say what the gateway did, and nobody asked what', async () => {
  const text = printMetrics(await stats())
  const samples = read(text)
  expect(Object.fromEntries(samples)).toMatchObject({
    'signpost_queries_total udp': 3,
    'signpost_queries_total tcp': 1,
    'signpost_queries_total tls': 0,
    signpost_silent_total: 0,
    'signpost_outcomes_total answer': 3,
    'signpost_outcomes_total refused': 1,
    'signpost_outcomes_total too-slow': 0,
    'signpost_limited_total stranger': 0,
    signpost_pending: 0,
    signpost_cache_hits_total: 2,
    signpost_cache_misses_total: 2,
    signpost_cache_entries: 1,
    signpost_upstream_requests_total: 0,
  })
  expect(text).not.toMatch(/example|k51|127\.0\.0\.1/)
})

test('the manual has every metric', async () => {
  const given = await stats()
  const cache = { ...given.cache, disk: { entries: 0, octets: 0 } }
  const lines = printMetrics({ ...given, cache }).split('\n')
  const rows = lines.flatMap((line, at) => {
    const [, name, help] = /^# HELP (\S+) (.*)$/.exec(line) ?? []
    return name === undefined ? [] : [`| \`${name}\` | ${lines[at + 1]?.split(' ')[3]} | ${help} |`]
  })
  const manual = await readFile(new URL('../../../../docs/gateway.md', import.meta.url), 'utf8')
  expect(manual.split('\n').filter(line => line.startsWith('| `signpost_'))).toEqual(rows)
})

test('metrics are served at one path, by GET and HEAD', async () => {
  const current = await stats()
  const server = await serveMetrics({ host: '127.0.0.1', port: 0 }, () => current)
  try {
    const at = `http://127.0.0.1:${server.address.port}`
    const reply = await fetch(`${at}/metrics?x=1`)
    expect([reply.status, reply.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ])
    expect(await reply.text()).toBe(printMetrics(current))
    const statuses = [
      await fetch(`${at}/`),
      await fetch(`${at}/metrics`, { method: 'POST', body: 'x' }),
      await fetch(`${at}/metrics`, { method: 'HEAD' }),
    ].map(({ status }) => status)
    expect(statuses).toEqual([404, 405, 200])
    await expect(serveMetrics(server.address, () => current)).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
    })
    await expect(serveMetrics({ host: '192.0.2.1', port: 0 }, () => current)).rejects.toMatchObject({
      code: 'NOT_THERE_YET',
      option: 'metrics',
    })
  } finally {
    await server.close()
  }
})

test('connections on which nothing is asked keep nobody out who reads metrics', async () => {
  const current = await stats()
  const server = await serveMetrics({ host: '127.0.0.1', port: 0 }, () => current)
  const { host, port } = server.address
  const silent = Array.from({ length: 16 }, () => createConnection({ host, port }))
  try {
    await Promise.all(silent.map(async socket => once(socket, 'connect')))
    const closed = Promise.race(silent.map(async socket => once(socket.resume(), 'close')))
    expect((await fetch(`http://${host}:${port}/metrics`)).status).toBe(200)
    await closed
  } finally {
    for (const socket of silent) socket.destroy()
    await server.close()
  }
})

test('metrics say of every upstream once whether it answers, and how quickly', async () => {
  const given = await stats()
  const counts = { sent: 1, failed: 0 }
  const upstreams = [
    { upstream: '192.0.2.1:53', condition: 'up', roundTrip: 20, ...counts },
    { upstream: '192.0.2.1:53', condition: 'up', roundTrip: 20, domains: ['corp.example.'], ...counts },
    { upstream: 'tls://192.0.2.2:853#dns.example', condition: 'down', sent: 9, failed: 8 },
    { upstream: '192.0.2.3:53', condition: 'up', sent: 1, failed: 1 },
  ] as const
  const samples = read(printMetrics({ ...given, upstream: { ...counts, upstreams } }))
  expect(Object.fromEntries(samples)).toMatchObject({
    'signpost_upstream_up 192.0.2.1:53': 1,
    'signpost_upstream_up tls://192.0.2.2:853#dns.example': 0,
    'signpost_upstream_round_trip_seconds 192.0.2.1:53': 0.02,
    'signpost_upstream_server_requests_total tls://192.0.2.2:853#dns.example': 9,
    'signpost_upstream_server_failures_total tls://192.0.2.2:853#dns.example': 8,
    'signpost_upstream_server_requests_total 192.0.2.3:53': 1,
  })
  // It never answered, and did not fail often enough to be down.
  expect([...samples.keys()]).not.toContain('signpost_upstream_up 192.0.2.3:53')
})
