import {
  type EdnsOption,
  EdnsOptionCode,
  type Message,
  Rcode,
  decodeMessage,
  encodeMessage,
} from '@signpost/dns'
import { expect, test } from 'vitest'
import { plainEdns, queryFor } from '../asking.test-support.ts'
import { gatewayInProcess } from '../in-process.test-support.ts'
import type { Transport } from '../query.ts'

const gateway = gatewayInProcess({ requireCookies: true })

async function ask(
  transport: Transport,
  options: readonly EdnsOption[],
  from = '192.0.2.1',
): Promise<Message> {
  const packet = encodeMessage(queryFor('signpost.internal', 'SOA', { edns: { ...plainEdns, options } }))
  const reply = await gateway.service(packet, transport, { address: from, port: 1 })
  return decodeMessage(reply!)
}

const clientCookie: EdnsOption = { code: EdnsOptionCode.COOKIE, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) }

test('a client without a server cookie gets BADCOOKIE with one, and with that an answer', async () => {
  const refused = await ask('udp', [clientCookie])
  expect(refused).toMatchObject({ rcode: Rcode.BADCOOKIE, truncated: false, answers: [] })
  const { options } = refused.edns!
  expect(options).toMatchObject([{ code: EdnsOptionCode.COOKIE }])
  expect(await ask('udp', options)).toMatchObject({ rcode: Rcode.NOERROR, answers: [{ type: 6 }] })
  expect(await ask('udp', options, '192.0.2.2')).toMatchObject({ rcode: Rcode.BADCOOKIE, answers: [] })
})

test('a client that knows no cookies is told to come over TCP, where it needs none', async () => {
  expect(await ask('udp', [])).toMatchObject({ rcode: Rcode.NOERROR, truncated: true, answers: [] })
  for (const transport of ['tcp', 'tls', 'https'] as const)
    expect(await ask(transport, [])).toMatchObject({ truncated: false, answers: [{ type: 6 }] })
})

test('where cookies are not required, nobody is sent away', async () => {
  const open = gatewayInProcess()
  for (const options of [[], [clientCookie]])
    expect(
      decodeMessage(
        (await open.service(
          encodeMessage(queryFor('signpost.internal', 'SOA', { edns: { ...plainEdns, options } })),
          'udp',
          { address: '192.0.2.1', port: 1 },
        ))!,
      ),
    ).toMatchObject({ rcode: Rcode.NOERROR, answers: [{ type: 6 }] })
})

test('a malformed cookie is a format error, in another version of EDNS it is BADVERS', async () => {
  const malformed: EdnsOption = { code: EdnsOptionCode.COOKIE, data: Uint8Array.of(1) }
  expect(await ask('tcp', [malformed])).toMatchObject({ rcode: Rcode.FORMERR, answers: [] })
  const edns = { ...plainEdns, version: 1, options: [malformed] }
  const packet = encodeMessage(queryFor('signpost.internal', 'SOA', { edns }))
  const reply = await gateway.service(packet, 'tcp', { address: '192.0.2.1', port: 1 })
  expect(decodeMessage(reply!)).toMatchObject({ rcode: Rcode.BADVERS, edns: { options: [] } })
})
