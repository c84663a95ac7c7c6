import type { DoubtReport } from '@signpost/gateway'
import { expect, test } from 'vitest'
import { describeContinuity, describeStatus } from './status.ts'

test('the status names peers that are not reached, and why', () => {
  const lines = describeStatus(
    {
      version: '1.2.3',
      pid: 42,
      node: {
        peerId: '12D3Koo',
        addresses: ['/ip4/127.0.0.1/tcp/1/p2p/12D3Koo', '/ip6/::1/tcp/1/p2p/12D3Koo'],
        http: 'http://127.0.0.1:8080',
        networks: [
          { network: { kind: 'private', name: 'acme' }, mode: 'server', known: 0 },
          { network: { kind: 'amino' }, mode: 'client', known: 12 },
        ],
        mdns: false,
        dataDir: '/data',
        connected: 0,
        bootstrap: [
          { address: '/ip4/192.0.2.1/tcp/4011', connected: false, failures: 3, problem: 'refused' },
        ],
        followed: 2,
        refused: { malformed: 0, empty: 0, forged: 2, expired: 0, oversized: 0, stale: 1000, room: 3 },
        startedAt: 0,
      },
    },
    90_000,
  )
  expect(lines).toEqual([
    'daemon    signpost 1.2.3, process 42, up 1m 30s',
    'data      /data',
    'network   private:acme, as a server, 0 peers known',
    'network   amino, as a client, 12 peers known',
    'peers     0 connected',
    '          not reached: /ip4/192.0.2.1/tcp/4011 (refused)',
    'peer ID   12D3Koo',
    'addresses /ip4/127.0.0.1/tcp/1/p2p/12D3Koo',
    '          /ip6/::1/tcp/1/p2p/12D3Koo',
    'HTTP      http://127.0.0.1:8080',
    'following 2 zones',
    'refused   2 forged, 1000 stale, 3 for want of room',
  ])
})

test('the status says what is guarded, and what of it is in doubt since when', () => {
  const doubt = {
    name: 'www.example.',
    type: 'A',
    trouble: 'no-data',
    since: 30_000,
    left: 21_540_000,
  } as const
  const guard = {
    patterns: 1,
    answers: 12,
    doubts: { failed: 1, 'no-name': 0, 'no-data': 1, bogus: 0 },
    began: 2,
    ended: 0,
    accepted: 0,
  }
  const lines = (doubts: readonly DoubtReport[]): string[] =>
    describeContinuity({ given: { owners: 0, lastGood: 5, witnesses: 0 }, guard }, doubts, 90_000)
  expect(lines([doubt, { name: 'two.example.', type: 'AAAA', trouble: 'failed', since: 60_000 }])).toEqual([
    'guard     1 pattern of names, 12 good answers known, 2 in doubt',
    '          www.example A: ordinary DNS says no such type for 1m, the last good answer is given; ' +
      'believed in 5h 59m, or with: signpost guard accept www.example',
    '          two.example AAAA: ordinary DNS fails for 30s, the last good answer is given',
    "stood in  for ordinary DNS: 0 answers of owners' zones, 5 last good ones, 0 of witnesses",
  ])
  const many = lines(Array.from({ length: 25 }, () => doubt))
  expect(many).toHaveLength(23)
  expect(many[21]).toBe('          and 5 more')
})

test('where nothing is guarded and nothing was given, the status says nothing of it', () => {
  const guard = {
    patterns: 0,
    answers: 0,
    doubts: { failed: 0, 'no-name': 0, 'no-data': 0, bogus: 0 },
    began: 0,
    ended: 0,
    accepted: 0,
  }
  expect(describeContinuity({ given: { owners: 0, lastGood: 0, witnesses: 0 }, guard }, [], 0)).toEqual([])
})
