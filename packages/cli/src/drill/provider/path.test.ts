import { once } from 'node:events'
import { expect, test } from 'vitest'
import {
  RrClass,
  RrType,
  createQuery,
  decodeMessage,
  encodeMessage,
  parseName,
  printRcode,
} from '@signpost/dns'
import { bindUdp } from '../machine/udp.ts'
import type { HostPort } from '../../values/host-port.ts'
import { startNodeAuthority } from './node-authority.ts'
import { Path } from './path.ts'
import { SERVICE, providerZone } from './zone-text.ts'

const ANY = { host: '127.0.0.1', port: 0 }

const question = { name: parseName(SERVICE), type: RrType.A, class: RrClass.IN }

interface Scene extends AsyncDisposable {
  readonly path: Path
  readonly at: HostPort
  readonly seen: () => number
  ask(id: number): Promise<string>
  send(id: number): void
}

async function scene(): Promise<Scene> {
  const authority = await startNodeAuthority(ANY, providerZone({ serial: 1, addresses: ['127.0.0.1'] }))
  const path = new Path(authority.at)
  let seen = 0
  const at = await path.open(ANY, () => {
    seen += 1
  })
  const socket = await bindUdp(ANY)
  const send = (id: number): void => {
    socket.send(encodeMessage(createQuery(question, { id })), at.port, at.host)
  }
  return {
    path,
    at,
    seen: () => seen,
    send,
    ask: async id => {
      const reply = once(socket, 'message') as Promise<[Uint8Array]>
      send(id)
      const message = decodeMessage(Uint8Array.from((await reply)[0]))
      return `${message.id} ${printRcode(message.rcode)} ${message.answers.length}`
    },
    [Symbol.asyncDispose]: async () => {
      socket.close()
      await path[Symbol.asyncDispose]()
      await authority[Symbol.asyncDispose]()
    },
  }
}

test('an open path carries questions to the authority, and replies back with the identifier that was asked with', async () => {
  await using parts = await scene()
  expect(await parts.ask(77)).toBe('77 NOERROR 1')
  expect(await parts.ask(65_535)).toBe('65535 NOERROR 1')
  expect(parts.seen()).toBe(2)
})

test('a path that fails says SERVFAIL by itself', async () => {
  await using parts = await scene()
  parts.path.state = 'servfail'
  expect(await parts.ask(5)).toBe('5 SERVFAIL 0')
})

test('on a silent path a question is lost, and comes to nothing later', async () => {
  await using parts = await scene()
  parts.path.state = 'silent'
  parts.send(1)
  await expect.poll(parts.seen).toBe(1)
  parts.path.state = 'open'
  expect(await parts.ask(2)).toBe('2 NOERROR 1')
})
