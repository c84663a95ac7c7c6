import {
  ExtendedError,
  type Message,
  Rcode,
  RrType,
  encodeExtendedError,
  encodeMessage,
  parseName,
} from '@signpost/dns'
import { afterEach, describe, expect, test } from 'vitest'
import { hasTool } from '../../../dns/src/debian-tool.test-support.ts'
import { lines, plainEdns, queryFor } from '../asking.test-support.ts'
import { startNsd, startUnbound } from '../debian-servers.test-support.ts'
import { respond } from '../in-process.test-support.ts'
import { ScriptedServers, closedPort } from './scripted-server.test-support.ts'
import { type StubAnswer, answerIn, createStub } from './stub.ts'

const servers = new ScriptedServers()
afterEach(async () => {
  await servers.close()
})

const www = parseName('www.example.')

interface Sections {
  readonly answers?: string
  readonly authorities?: string
}

interface Case {
  readonly name: string
  readonly reply: Sections & Partial<Pick<Message, 'rcode' | 'authoritative' | 'recursionAvailable'>>
  readonly answer: object
}

function replyTo(request: Message, { answers, authorities, ...flags }: Case['reply']): Message {
  const sections = { ...(answers && { answers }), ...(authorities && { authorities }) }
  return { ...respond(request, sections), recursionAvailable: false, ...flags }
}

describe('what a reply to a question for www.example. A says', () => {
  const cases: readonly Case[] = [
    {
      name: 'an answer of the zone’s own server',
      reply: { answers: 'www.example. 60 A 192.0.2.1', authoritative: true },
      answer: { kind: 'records', authoritative: true },
    },
    {
      name: 'an answer of a resolver',
      reply: { answers: 'www.example. 60 A 192.0.2.1', recursionAvailable: true },
      answer: { kind: 'records', authoritative: false },
    },
    {
      name: 'an alias, without what it leads to',
      reply: { answers: 'www.example. 60 CNAME cdn.test.\ncdn.test. 60 A 192.0.2.1', authoritative: true },
      answer: { kind: 'records' },
    },
    {
      name: 'an alias to a name that does not exist',
      reply: { answers: 'www.example. 60 CNAME no.test.', rcode: Rcode.NXDOMAIN, authoritative: true },
      answer: { kind: 'records' },
    },
    {
      name: 'no such type',
      reply: { authorities: 'example. 60 SOA ns. host. 1 2 3 4 5', authoritative: true },
      answer: { kind: 'no-data' },
    },
    {
      name: 'no such name',
      reply: { rcode: Rcode.NXDOMAIN, authorities: 'example. 60 SOA ns. host. 1 2 3 4 5' },
      answer: { kind: 'no-name' },
    },
    {
      name: 'a referral',
      reply: { authorities: 'example. 60 NS ns.test.' },
      answer: { kind: 'failed', reason: expect.stringContaining('refers') as string },
    },
    {
      name: 'aliases in a circle',
      reply: { answers: 'www.example. 60 CNAME www.example.' },
      answer: { kind: 'failed', reason: expect.stringContaining('circle') as string },
    },
    {
      name: 'a name that a DNAME makes too long',
      reply: { rcode: Rcode.YXDOMAIN },
      answer: { kind: 'failed', reason: expect.stringContaining('too long') as string },
    },
    {
      name: 'a DNAME above it, as the alias that it makes',
      reply: {
        answers: 'example. 60 DNAME test.\nwww.example. 60 CNAME www.test.\nwww.test. 60 A 192.0.2.1',
        authoritative: true,
      },
      answer: { kind: 'records' },
    },
  ]

  test.each(cases)('$name', ({ reply, answer }) => {
    const read = answerIn(replyTo(queryFor('www.example.'), reply), www, RrType.A)
    expect(read).toMatchObject(answer)
    if (read.kind === 'records') expect(lines(read.records)).toHaveLength(1)
  })

  test.each([ExtendedError.STALE_ANSWER, ExtendedError.FORGED_ANSWER, ExtendedError.STALE_NXDOMAIN])(
    'what the server itself calls old or forged is no news (extended error %i)',
    infoCode => {
      const reply = respond(queryFor('www.example.'), { answers: 'www.example. 30 A 192.0.2.1' })
      const edns = { ...plainEdns, options: [encodeExtendedError({ infoCode, text: 'since 10:31' })] }
      expect(answerIn({ ...reply, edns }, www, RrType.A)).toMatchObject({
        kind: 'failed',
        reason: expect.stringContaining('since 10:31') as string,
      })
    },
  )
})

async function ask(servers: readonly string[], name: string, type = 'A'): Promise<StubAnswer> {
  const stub = await createStub(servers, '--server')
  try {
    return await stub.ask(parseName(name), queryFor(name, type).questions[0]!.type)
  } finally {
    stub.close()
  }
}

test('a server that refuses or is not there is a failure that names it', async () => {
  const refusing = await servers.serve((request, send) =>
    send(encodeMessage(replyTo(request, { rcode: Rcode.REFUSED }))),
  )
  expect(await ask([`127.0.0.1:${refusing.port}`], 'www.example.')).toMatchObject({
    kind: 'failed',
    reason: expect.stringMatching(/127\.0\.0\.1:\d+ answered REFUSED/) as string,
  })
  expect(await ask([`tcp://127.0.0.1:${await closedPort()}`], 'www.example.')).toMatchObject({
    kind: 'failed',
    reason: expect.stringContaining('cannot be reached') as string,
  })
})

test('of several servers the one that answers counts', async () => {
  const good = await servers.serve((request, send) =>
    send(encodeMessage(replyTo(request, { answers: 'www.example. 60 A 192.0.2.1', authoritative: true }))),
  )
  const failing = await servers.serve((request, send) =>
    send(encodeMessage(replyTo(request, { rcode: Rcode.SERVFAIL }))),
  )
  const both = [`127.0.0.1:${failing.port}`, `127.0.0.1:${good.port}`]
  expect(await ask(both, 'www.example.')).toMatchObject({ kind: 'records' })
})

test.each([
  ['dns.example', 'no IP address'],
  ['tls://dns.example', 'tls://192.0.2.53#dns.example'],
  ['192.0.2.53:0', 'port'],
])('a server cannot be %s', async (server, problem) => {
  await expect(createStub([server], '--server')).rejects.toThrow(
    expect.objectContaining({
      code: 'INVALID_CONFIG',
      message: expect.stringMatching(/^--server: /),
    }),
  )
  await expect(createStub([server], '--server')).rejects.toThrow(problem)
})

test('"system" stands alone', async () => {
  await expect(createStub(['192.0.2.53', 'system'], '--server')).rejects.toThrow('stands alone')
})

test.skipIf(!hasTool(['/usr/sbin/nsd', '-v'], 'nsd'))(
  'NSD is asked, over TCP where the answer is long, and knows the TTLs',
  async () => {
    const texts = Array.from({ length: 20 }, (_, n) => `www 300 TXT "${n} ${'x'.repeat(200)}"\n`)
    await using nsd = await startNsd('example', `@ 300 SOA ns host 1 2 3 4 5\n${texts.join('')}`)
    const answer = await ask([`127.0.0.1:${nsd.at.port}`], 'www.example.', 'TXT')
    expect(answer).toMatchObject({ kind: 'records', authoritative: true })
    expect(answer.kind === 'records' && answer.records).toHaveLength(20)
    expect((await ask([`127.0.0.1:${nsd.at.port}`], 'no.example.')).kind).toBe('no-name')
    expect((await ask([`127.0.0.1:${nsd.at.port}`], 'example.')).kind).toBe('no-data')
    expect((await ask([`127.0.0.1:${nsd.at.port}`], 'www.test.')).kind).toBe('failed')
  },
)

test.skipIf(!hasTool(['/usr/sbin/unbound', '-V'], 'unbound'))('unbound is asked', async () => {
  await using unbound = await startUnbound(['www.example. 300 IN A 192.0.2.1'])
  expect(await ask([`127.0.0.1:${unbound.at.port}`], 'www.example.')).toMatchObject({ kind: 'records' })
})
