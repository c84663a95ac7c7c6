import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Resolver } from 'node:dns/promises'
import { describe, expect, test } from 'vitest'
import { hasTool } from '../../../../dns/src/debian-tool.test-support.ts'
import { Children } from '../machine/children.ts'
import { freePort } from '../machine/udp.ts'
import type { Authority } from './authority.ts'
import { startNodeAuthority } from './node-authority.ts'
import { startNsdAuthority } from './nsd-authority.ts'
import { SERVICE, providerZone } from './zone-text.ts'

const first = providerZone({ serial: 1, addresses: ['127.0.0.1'] })

interface Adapter {
  readonly software: string
  readonly isHere: boolean
  readonly start: (children: Children, directory: string) => Promise<Authority | undefined>
}

const adapters: readonly Adapter[] = [
  {
    software: 'Node',
    isHere: true,
    start: async () => startNodeAuthority({ host: '127.0.0.1', port: 0 }, first),
  },
  {
    software: 'NSD',
    isHere: hasTool(['/usr/sbin/nsd', '-v'], 'nsd'),
    start: async (children, directory) =>
      startNsdAuthority(children, { host: '127.0.0.1', port: await freePort('127.0.0.1') }, directory, first),
  },
]

describe.each(adapters.filter(({ isHere }) => isHere))('$software', ({ software, start }) => {
  test('the zone that was loaded last is answered, an empty one as no data', async () => {
    await using stack = new AsyncDisposableStack()
    const directory = await mkdtemp(join(tmpdir(), 'signpost-authority-'))
    stack.defer(async () => rm(directory, { recursive: true }))
    const children = stack.use(new Children(new AbortController().signal))
    const authority = await start(children, directory)
    if (authority === undefined) throw new Error('it does not start')
    stack.use(authority)
    const resolver = new Resolver()
    resolver.setServers([`127.0.0.1:${authority.at.port}`])

    expect(authority.software).toMatch(software)
    expect(await resolver.resolve4(SERVICE)).toEqual(['127.0.0.1'])
    for (const [serial, addresses] of [
      [2, ['127.0.0.2', '127.0.0.3']],
      [3, []],
      [4, ['127.0.0.4']],
    ] as const) {
      await authority.load(providerZone({ serial, addresses }), serial)
      const answer = await resolver.resolve4(SERVICE).catch((error: NodeJS.ErrnoException) => error.code)
      expect(Array.isArray(answer) ? answer.toSorted() : answer).toEqual(
        addresses.length === 0 ? 'ENODATA' : addresses,
      )
    }
  })
})
