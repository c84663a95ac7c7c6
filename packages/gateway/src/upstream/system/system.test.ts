import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LogLines } from '../../transports/certificate/certificate.test-support.ts'
import { type Upstream, printUpstream } from '../upstream.ts'
import { readNameServers } from './resolv-conf.ts'
import { type SystemFiles, readSystemServers } from './system-servers.ts'
import { SystemUpstreams } from './system-upstreams.ts'

let directory: string
let files: SystemFiles
let watching: SystemUpstreams | undefined
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signpost-resolv-'))
  files = { resolvConf: join(directory, 'resolv.conf'), resolvedConf: join(directory, 'resolved.conf') }
})
afterEach(async () => {
  watching?.close()
  await rm(directory, { recursive: true })
})

test.each<[what: string, text: string, servers: string[]]>([
  ['nothing', '', []],
  [
    'servers among all else',
    '# made by somebody\nsearch example\nnameserver 192.0.2.1\noptions edns0\nnameserver\t2001:db8::1  # comment\n',
    ['192.0.2.1', '2001:db8::1'],
  ],
  ['lines of Windows', 'nameserver 192.0.2.1\r\nnameserver 192.0.2.2\r\n', ['192.0.2.1', '192.0.2.2']],
  ['comments', '#nameserver 192.0.2.1\n;nameserver 192.0.2.2\n nameserver 192.0.2.3\n', []],
  [
    'what is no address',
    'nameserver dns.example\nnameserver\nnameserver 192.0.2\nnameservers 192.0.2.1\n',
    [],
  ],
  ['an interface', 'nameserver fe80::1%eth0\n', ['fe80::1%eth0']],
  ['the same twice', 'nameserver 192.0.2.1\nnameserver 192.0.2.1\n', ['192.0.2.1']],
  [
    'a crowd',
    Array.from({ length: 50 }, (_, n) => `nameserver 192.0.2.${n}\n`).join(''),
    Array.from({ length: 8 }, (_, n) => `192.0.2.${n}`),
  ],
])('a resolver configuration with %s', (_, text, servers) => {
  expect(readNameServers(text)).toEqual(servers)
})

const printed = (upstreams: readonly Upstream[]): string[] => upstreams.map(printUpstream)

async function serversIn(resolvConf: string, resolvedConf?: string): Promise<string[]> {
  await writeFile(files.resolvConf, resolvConf)
  if (resolvedConf !== undefined) await writeFile(files.resolvedConf, resolvedConf)
  return printed(await readSystemServers(files, 'linux'))
}

test('the servers of the file are asked as DNS servers always were', async () => {
  expect(await serversIn('nameserver 192.0.2.1\nnameserver 2001:db8::1\n')).toEqual([
    '192.0.2.1:53',
    '[2001:db8::1]:53',
  ])
})

test.each(['127.0.0.53', '127.0.0.54'])(
  '%s stands for the servers that systemd-resolved asks itself',
  async stub => {
    expect(
      await serversIn(
        `nameserver ${stub}\noptions edns0 trust-ad\n`,
        'nameserver 192.0.2.1\nnameserver 192.0.2.2\n',
      ),
    ).toEqual(['192.0.2.1:53', '192.0.2.2:53'])
  },
)

test('without the file of systemd-resolved, and where that names nobody, its stub is asked', async () => {
  expect(await serversIn('nameserver 127.0.0.53\n')).toEqual(['127.0.0.53:53'])
  expect(await serversIn('nameserver 127.0.0.53\n', '# nobody\n')).toEqual(['127.0.0.53:53'])
})

test('a server of this machine that is not the stub is asked', async () => {
  expect(await serversIn('nameserver 127.0.0.1\n', 'nameserver 192.0.2.1\n')).toEqual(['127.0.0.1:53'])
})

test.each(['darwin', 'win32'])('on %s the system is asked', async platform => {
  const servers = [
    '192.0.2.1',
    '[2001:db8::1]:53',
    '192.0.2.2:5353',
    '2001:db8::2',
    'fe80::1%en0',
    '',
    'fec0:0:0:ffff::1',
  ]
  expect(printed(await readSystemServers(files, platform, () => servers))).toEqual([
    '192.0.2.1:53',
    '[2001:db8::1]:53',
    '192.0.2.2:5353',
    '[2001:db8::2]:53',
    '[fe80::1%en0]:53',
  ])
})

function watch(isOwn: (upstream: Upstream) => boolean = () => false) {
  const log = new LogLines()
  let next = Promise.withResolvers<string[]>()
  const upstreams = new SystemUpstreams({
    read: async () => readSystemServers(files, 'linux'),
    isOwn,
    interval: 10,
    onChange: found => {
      next.resolve(printed(found))
      next = Promise.withResolvers()
    },
    logger: log,
  })
  watching = upstreams
  return { upstreams, log, changed: () => next.promise }
}

test('the file is read again when it changes, in place or by another one', async () => {
  await writeFile(files.resolvConf, 'nameserver 192.0.2.1\n')
  const { upstreams, changed, log } = watch()
  await upstreams.start()
  expect(printed(upstreams.current)).toEqual(['192.0.2.1:53'])
  let change = changed()
  await writeFile(files.resolvConf, 'nameserver 192.0.2.2\n')
  while (printed(upstreams.current)[0] !== '192.0.2.2:53') {
    await change
    change = changed()
  }
  change = changed()
  await writeFile(join(directory, 'new'), 'nameserver 192.0.2.3\nnameserver 192.0.2.4\n')
  await rename(join(directory, 'new'), files.resolvConf)
  expect(await change).toEqual(['192.0.2.3:53', '192.0.2.4:53'])
  expect(log.lines.at(-1)).toBe("info ordinary names are asked of this machine's DNS servers")
})

test('where the file cannot be read, what was known stays, and the log says so once', async () => {
  await writeFile(files.resolvConf, 'nameserver 192.0.2.1\n')
  const { upstreams, changed, log } = watch()
  await upstreams.start()
  await rm(files.resolvConf)
  await log.until('so those that were known stay')
  for (let n = 0; n < 3; n++) await upstreams.start()
  expect(printed(upstreams.current)).toEqual(['192.0.2.1:53'])
  expect(log.lines.filter(line => line.startsWith('warn'))).toHaveLength(1)
  const change = changed()
  await writeFile(files.resolvConf, 'nameserver 192.0.2.2\n')
  expect(await change).toEqual(['192.0.2.2:53'])
})

test('this gateway is left out of them, and the log says so', async () => {
  await writeFile(files.resolvConf, 'nameserver 127.0.0.1\nnameserver 192.0.2.1\n')
  const { upstreams, log } = watch(({ host }) => host === '127.0.0.1')
  await upstreams.start()
  expect(printed(upstreams.current)).toEqual(['192.0.2.1:53'])
  expect(log.lines[0]).toMatch(/^info this machine's DNS servers have this gateway among them/)
})

test('where nobody else is left, the log says what to do', async () => {
  await writeFile(files.resolvConf, 'nameserver 127.0.0.1\n')
  const { upstreams, log } = watch(() => true)
  await upstreams.start()
  expect(upstreams.current).toEqual([])
  expect(log.lines.at(-1)).toMatch(/^warn this machine has no DNS server to ask; name one as upstream/)
})

test('a file that is empty for a moment changes nothing', async () => {
  await writeFile(files.resolvConf, 'nameserver 192.0.2.1\n')
  const { upstreams } = watch()
  await upstreams.start()
  const kept: number[] = []
  for (let n = 0; n < 2; n++) {
    await writeFile(files.resolvConf, '')
    await upstreams.start()
    kept.push(upstreams.current.length)
    await writeFile(files.resolvConf, 'nameserver 192.0.2.1\n')
    await upstreams.start()
  }
  expect(kept).toEqual([1, 1])
  await writeFile(files.resolvConf, '')
  for (let n = 0; n < 2; n++) await upstreams.start()
  expect(upstreams.current).toEqual([])
})

test('nothing is read once it is closed', async () => {
  await writeFile(files.resolvConf, 'nameserver 192.0.2.1\n')
  const { upstreams } = watch()
  const starting = upstreams.start()
  upstreams.close()
  await starting
  expect(upstreams.current).toEqual([])
})
