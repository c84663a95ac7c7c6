import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { Random } from '../random.ts'
import { Outcome, floodUdp } from './flood.ts'
import { isSilent, mutate, readCorpus } from '../messages.ts'
import { fuzz, growthOf } from './run.ts'

const COUNT = 50_000
/** Octets: where a message leaves more than a kibibyte behind, it shows. */
const GROWTH = 32 * 2 ** 20

test(`${COUNT} broken messages over UDP and TCP leave a gateway process as it was`, async () => {
  const { udp, tcp, curve, failures, goesOn, exitCode } = await fuzz(COUNT, 1, 10)
  for (const { sent, memory } of curve) console.log(`${sent} messages: ${Math.round(memory / 2 ** 20)} MiB`)
  // Each that is owed a reply had one, and each reply is a whole message.
  expect([...udp.complaints, ...tcp.complaints]).toEqual([])
  expect(udp.sent + tcp.sent).toBe(COUNT)
  // They came through to every part: malformed, denied, found, refused.
  for (const { rcodes } of [udp, tcp])
    expect([...rcodes.keys()]).toEqual(
      expect.arrayContaining(['FORMERR', 'NOTIMP', 'NXDOMAIN', 'NOERROR', 'REFUSED', 'BADVERS']),
    )
  expect(failures).toBe(0)
  expect(goesOn).toBe(true)
  expect(exitCode).toBe(0)
  expect(curve).toHaveLength(10)
  expect(growthOf(curve)).toBeLessThan(GROWTH)
})

test('a server that sends queries back as replies is found out', async () => {
  const server = createSocket('udp4')
  server.on('message', (query, { port, address }) => {
    if (isSilent(query)) return
    query[2] = 0x80
    server.send(query, port, address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const outcome = new Outcome()
    await floodUdp({
      at: { host: '127.0.0.1', port: server.address().port },
      corpus: await readCorpus(['zone.example.']),
      random: new Random(3),
      count: 500,
      outcome,
    })
    const { complaints } = outcome
    expect(complaints.length).toBeGreaterThan(0)
    for (const complaint of complaints) expect(complaint).toContain('a reply is broken')
  } finally {
    server.close()
  }
})

test('the same seed makes the same messages, of which some are whole and few are silence', async () => {
  const corpus = await readCorpus(['zone.example.'])
  const make = (seed: number): Uint8Array[] => {
    const random = new Random(seed)
    return Array.from({ length: 2000 }, (_, id) => mutate(random, corpus, id))
  }
  const messages = make(1)
  expect(messages).toEqual(make(1))
  expect(messages).not.toEqual(make(2))
  const silent = messages.filter(isSilent).length
  expect(silent).toBeGreaterThan(0)
  expect(silent).toBeLessThan(400)
})
