import { expect, test } from 'vitest'
import { lines } from '../asking.test-support.ts'
import { UPSTREAM, gatewayInProcess, respond } from '../in-process.test-support.ts'
import { idOf } from '../zones.test-support.ts'

const alice = idOf(1)

test('of an ordinary name too, ANY gives one RRset, whole and with its signatures', async () => {
  const gateway = gatewayInProcess({ upstreams: [UPSTREAM] })
  gateway.servers.add(UPSTREAM, request =>
    respond(request, {
      answers: [
        'www.example. 300 IN RRSIG \\# 2 0010',
        'www.example. 300 IN A 192.0.2.1',
        'www.example. 300 IN RRSIG \\# 2 0001',
        'www.example. 300 IN TXT "long"',
        'www.example. 300 IN A 192.0.2.2',
      ].join('\n'),
    }),
  )
  const expected = [
    'www.example. 300 IN A 192.0.2.1',
    'www.example. 300 IN RRSIG \\# 2 0001',
    'www.example. 300 IN A 192.0.2.2',
  ]
  expect(lines((await gateway.ask('www.example', 'ANY')).answers)).toEqual(expected)
  expect(lines((await gateway.ask('www.example', 'ANY')).answers)).toEqual(expected)
  expect(gateway.servers.sent).toHaveLength(1)
})

test('what an alias above leads to stays together', async () => {
  const gateway = gatewayInProcess()
  await gateway.zones.publish(1, 'd DNAME e\n')
  const { answers } = await gateway.ask(`x.d.${alice}.signpost.internal`, 'ANY')
  expect(answers.map(({ type }) => type)).toEqual([39, 5])
})
