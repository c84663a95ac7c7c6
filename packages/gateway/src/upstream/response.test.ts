import { encodeMessage, parseName, Rcode } from '@signpost/dns'
import { expect, test } from 'vitest'
import { lines, queryFor } from '../asking.test-support.ts'
import { respond } from '../in-process.test-support.ts'
import { decodeReply, isReplyTo, readResponse } from './response.ts'

const request = queryFor('a0.example')
const question = request.questions[0]!
const nobody = (): boolean => false

/** An alias to an alias and so on, and at the end an address. */
function chain(length: number): string {
  const aliases = Array.from({ length }, (_, n) => `a${n}.example. 60 CNAME a${n + 1}.example.`)
  return [...aliases, `a${length}.example. 60 A 192.0.2.1`].join('\n')
}

test('a chain of aliases is followed as far as anybody needs, and no further', () => {
  expect(readResponse(respond(request, { answers: chain(16) }), question, nobody).kind).toBe('answer')
  expect(readResponse(respond(request, { answers: chain(17) }), question, nobody).kind).toBe('loop')
})

test('thousands of aliases in a reply cost next to nothing', () => {
  const reply = respond(request, { answers: chain(3000) })
  const before = performance.now()
  expect(readResponse(reply, question, nobody).kind).toBe('loop')
  expect(performance.now() - before).toBeLessThan(500)
})

test('no TTL is longer than a week, in answers and in denials', () => {
  const answers = 'a0.example. 2147483647 A 192.0.2.1'
  const reading = readResponse(respond(request, { answers }), question, nobody)
  expect(reading.kind === 'answer' && lines(reading.answers)).toEqual(['a0.example. 604800 IN A 192.0.2.1'])
  const soa = 'example. 2147483647 SOA ns.example. host.example. 1 2 3 4 2147483647'
  const denial = readResponse(
    { ...respond(request, { authorities: soa }), rcode: Rcode.NXDOMAIN },
    question,
    nobody,
  )
  expect(denial.kind === 'no-name' && denial.authorities.map(({ ttl }) => ttl)).toEqual([604_800])
})

test('records of another class are as if they were not there', () => {
  const reply = respond(request, { answers: 'a0.example. 60 A 192.0.2.1' })
  const chaos = { ...reply, answers: reply.answers.map(record => ({ ...record, class: 3 })) }
  expect(readResponse(chaos, question, nobody).kind).toBe('no-data')
})

test('a reply has the ID and the question of its request, in any letters', () => {
  const reply = respond(request, { answers: 'a0.example. 60 A 192.0.2.1' })
  const asking = (name: string, type = 'A') => ({ ...reply, questions: queryFor(name, type).questions })
  expect(isReplyTo(asking('A0.Example'), request)).toBe(true)
  expect(isReplyTo({ ...reply, id: request.id ^ 1 }, request)).toBe(false)
  expect(isReplyTo(asking('a1.example'), request)).toBe(false)
  expect(isReplyTo(asking('a0.example', 'AAAA'), request)).toBe(false)
  expect(isReplyTo({ ...reply, questions: [{ ...question, class: 3 }] }, request)).toBe(false)
  expect(parseName('a0.example').equals(question.name)).toBe(true)
})

test('a reply whose records cannot be read is one that was cut off before them', () => {
  const whole = encodeMessage(respond(request, { answers: 'a0.example. 60 A 192.0.2.1' }))
  for (let cut = 1; cut <= 16; cut++) {
    const reply = decodeReply(whole.subarray(0, -cut))
    expect(reply).toMatchObject({ truncated: true, answers: [] })
    expect(isReplyTo(reply, request)).toBe(true)
  }
  expect(decodeReply(whole)).toMatchObject({ truncated: false, answers: [{}] })
  expect(() => decodeReply(whole.subarray(0, 20))).toThrow('ends')
})
