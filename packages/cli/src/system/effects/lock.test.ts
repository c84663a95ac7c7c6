import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { linuxFacts } from '../facts.test-support.ts'
import { type Site, install, uninstall } from '../installer.ts'
import { installOn, planFor, rigFor } from './install-rig.test-support.ts'
import { TestRoot } from './root.test-support.ts'

const FILES = { '/etc/resolv.conf': 'nameserver 192.0.2.1\n' }
const LOCK = '/var/lib/signpost-install/lock'

/** A site whose service takes as long as the test wants. */
function slow(site: Site): { site: Site; waiting: Promise<void>; answer: () => void } {
  const waiting = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<void>()
  const wait = async (): Promise<void> => {
    waiting.resolve()
    await answered.promise
  }
  return { site: { ...site, wait }, waiting: waiting.promise, answer: answered.resolve }
}

test('while somebody installs, nobody else installs or uninstalls', async () => {
  await using root = await TestRoot.create(FILES)
  const before = await root.everything()
  const first = slow(rigFor(root, linuxFacts()).site)
  const installing = install(first.site, planFor)
  await first.waiting
  const { site } = rigFor(root, linuxFacts())
  const refused = { code: 'ALREADY_AT_WORK', message: expect.stringContaining(`process ${process.pid} is `) }
  await expect(install(site, planFor)).rejects.toMatchObject(refused)
  await expect(uninstall(site, 'refuse')).rejects.toMatchObject(refused)
  first.answer()
  await installing
  await uninstall(site, 'refuse')
  expect(await root.everything()).toEqual(before)
})

test('of many that begin at once, one installs, and the original comes back', async () => {
  await using root = await TestRoot.create(FILES)
  const before = await root.everything()
  const all = await Promise.allSettled(
    Array.from({ length: 8 }, () => installOn(rigFor(root, linuxFacts()).site)),
  )
  expect(all.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0)
  for (const one of all)
    if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'ALREADY_AT_WORK' })
  await uninstall(rigFor(root, linuxFacts()).site, 'refuse')
  expect(await root.everything()).toEqual(before)
})

test('a process that has ended has no lock, nor has a later one with its number', async () => {
  const ended = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  await once(ended, 'exit')
  for (const mark of [`${ended.pid}-1`, `${process.pid}-1`]) {
    await using root = await TestRoot.create({ ...FILES, [LOCK]: `-> ${mark}` })
    await installOn(rigFor(root, linuxFacts()).site)
    expect((await root.everything()).filter(line => line.includes('/lock '))).toEqual([])
  }
})
