import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseName } from '@signpost/dns'
import type { Logger } from '@signpost/node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { limitsWith } from '../limits.ts'
import { HostsFile, defaultHostsPath } from './hosts-file.ts'
import type { HostsTable } from './hosts-table.ts'

let directory: string
let file: HostsFile | undefined
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signpost-hosts-'))
})
afterEach(async () => {
  file?.close()
  await rm(directory, { recursive: true })
})

function make(hostsOctets?: number) {
  const logged: string[] = []
  const log = (message: string): void => {
    logged.push(message)
  }
  const logger: Logger = { debug: () => {}, info: log, warn: log, error: log }
  let next = Promise.withResolvers<HostsTable>()
  const limits = limitsWith({ hostsCheck: 10, ...(hostsOctets === undefined ? {} : { hostsOctets }) })
  const hosts = new HostsFile({
    logger,
    onChange: table => {
      next.resolve(table)
      next = Promise.withResolvers()
    },
  })
  file = hosts
  return { hosts, limits, logged, changed: () => next.promise }
}

const has = (table: HostsTable, name: string): boolean => table.has(parseName(name))

test('a file is read, and again when it changes, is replaced, goes, and comes back', async () => {
  const { hosts, limits, changed, logged } = make()
  const path = join(directory, 'hosts')
  await writeFile(path, '192.0.2.1 first\n')
  await hosts.follow(path, limits)
  expect(has(hosts.table, 'first')).toBe(true)

  let change = changed()
  await writeFile(path, '192.0.2.1 second-name\n')
  while (!has(await change, 'second-name')) change = changed()
  expect(has(hosts.table, 'first')).toBe(false)

  change = changed()
  await writeFile(join(directory, 'new'), '192.0.2.1 third\n')
  await rename(join(directory, 'new'), path)
  expect(has(await change, 'third')).toBe(true)

  change = changed()
  await rm(path)
  expect((await change).size).toBe(0)

  change = changed()
  await writeFile(path, '192.0.2.1 fourth\n')
  while (!has(await change, 'fourth')) change = changed()
  expect(logged).toEqual([])
})

test('a missing file is an empty one', async () => {
  const { hosts, limits, logged } = make()
  await hosts.follow(join(directory, 'none'), limits)
  expect(hosts.table.size).toBe(0)
  expect(logged).toEqual([])
})

test('what is no file is told, and what was read before stands', async () => {
  const { hosts, limits, logged } = make()
  const path = join(directory, 'hosts')
  await writeFile(path, '192.0.2.1 first\n')
  await hosts.follow(path, limits)
  await mkdir(join(directory, 'directory'))
  await hosts.follow(join(directory, 'directory'), limits)
  expect(logged).toEqual(['the hosts file cannot be read'])
  expect(has(hosts.table, 'first')).toBe(true)
})

test('of a file that is too large the first lines are read', async () => {
  const { hosts, limits, logged } = make(1024)
  const path = join(directory, 'hosts')
  await writeFile(path, Array.from({ length: 100 }, (_, n) => `192.0.2.1 host${n + 10}.example`).join('\n'))
  await hosts.follow(path, limits)
  expect(hosts.table.size).toBe(Math.floor(1024 / '192.0.2.1 host10.example\n'.length))
  expect(has(hosts.table, 'host10.example')).toBe(true)
  expect(logged).toEqual(['the hosts file is too large: its last names are left out'])
})

test('another file takes its place, and none leaves nothing', async () => {
  const { hosts, limits } = make()
  await writeFile(join(directory, 'a'), '192.0.2.1 a\n')
  await writeFile(join(directory, 'b'), '192.0.2.1 b\n')
  await hosts.follow(join(directory, 'a'), limits)
  await hosts.follow(join(directory, 'b'), limits)
  expect([has(hosts.table, 'a'), has(hosts.table, 'b')]).toEqual([false, true])
  await hosts.follow(undefined, limits)
  expect(hosts.table.size).toBe(0)
})

test('every system has a hosts file', () => {
  expect(defaultHostsPath('linux', undefined)).toBe('/etc/hosts')
  expect(defaultHostsPath('darwin', undefined)).toBe('/etc/hosts')
  expect(defaultHostsPath('win32', 'D:\\Windows')).toBe('D:\\Windows\\System32\\drivers\\etc\\hosts')
  expect(defaultHostsPath('win32', undefined)).toBe('C:\\Windows\\System32\\drivers\\etc\\hosts')
})
