import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { createOwner } from '../engine.test-support.ts'
import { openDataDirectory } from '../store/data-directory.ts'
import { openLevelStore } from '../store/level-store.ts'
import { createTestnet } from '../testnet.ts'

const ROUNDS = Number(process.env['SIGNPOST_CRASH_ROUNDS'] ?? 6)
/** One process in so many is killed before it works, maybe while it opens its directory. */
const EARLY = 4
/** Milliseconds that a process lives at most, from its first word, or from its start where it is killed early. */
const LONGEST_LIFE = 800
const program = fileURLToPath(new URL('crash-publisher.test-support.ts', import.meta.url))
const root = await mkdtemp(join(tmpdir(), 'signpost-publish-crash-'))
const [mine, theirs] = [createOwner(31), createOwner(32)]

afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})

/** What a process said before it was killed. */
interface Said {
  readonly start: readonly [string, string] | undefined
  readonly published: readonly number[]
  readonly resolved: readonly number[]
  readonly errors: string
}

async function runAndKill(args: readonly string[], isEarly: boolean, life: number): Promise<Said> {
  const child = spawn(process.execPath, ['--conditions=@signpost/source', program, ...args], {
    stdio: 'pipe',
  })
  const closed = once(child, 'close')
  let [output, errors] = ['', '']
  child.stdout.on('data', chunk => (output += String(chunk)))
  child.stderr.on('data', chunk => (errors += String(chunk)))
  if (!isEarly) await Promise.race([once(child.stdout, 'data'), closed])
  await sleep(life)
  child.kill('SIGKILL')
  await closed
  // A last line without its end was cut by the kill.
  const lines = output
    .split('\n')
    .slice(0, -1)
    .map(line => line.split(' '))
  const numbers = (what: string): number[] =>
    lines.filter(([word]) => word === what).map(([, sequence]) => Number(sequence))
  const start = lines.find(([word]) => word === 'start')
  return {
    start: start && [String(start[1]), String(start[2])],
    published: numbers('published'),
    resolved: numbers('resolved'),
    errors,
  }
}

test(
  'kill -9 at any moment of publishing and resolving loses nothing that was acknowledged',
  async () => {
    await using testnet = await createTestnet({ nodes: 3 })
    const [owner] = testnet.nodes
    const path = join(root, 'data')
    const stopping = new AbortController()
    const others = (async () => {
      for (let change = 1; !stopping.signal.aborted; change++) {
        await owner!.publish({ signer: theirs.signer, content: theirs.records(`change ${change}`) })
        await sleep(50)
      }
    })()
    const acknowledged = new Set<number>()
    let [published, resolved] = [0, 0]
    try {
      // On a busy machine a process may be killed before it has done anything; then others live longer.
      const isShown = (): boolean => published > 0 && resolved > 0
      for (let round = 0; round < ROUNDS || !isShown(); round++) {
        const life = Math.random() * LONGEST_LIFE * (1 + Math.floor(round / ROUNDS))
        const said = await runAndKill([path, JSON.stringify(testnet.join)], round % EARLY === 0, life)
        const when = `round ${round}, killed after ${Math.round(life)} ms`
        // A change that was under way at the kill does not stand in the way of the next one.
        expect(said.errors, when).toBe('')
        if (said.start !== undefined) {
          expect(Number(said.start[0]) || 0, when).toBeGreaterThanOrEqual(published)
          expect(Number(said.start[1]) || 0, when).toBeGreaterThanOrEqual(resolved)
        }
        for (const sequence of said.published) acknowledged.add(sequence)
        published = Math.max(published, ...said.published)
        resolved = Math.max(resolved, ...said.resolved)
        expect(said.resolved, when).toEqual(said.resolved.toSorted((a, b) => a - b))

        const directory = await openDataDirectory(path)
        const store = await openLevelStore(directory)
        const sequences = (await store.history(mine.zoneId)).map(({ sequence }) => sequence)
        const here = (await store.publications(mine.zoneId)).map(({ sequence }) => sequence)
        expect(sequences, when).toEqual(expect.arrayContaining([...acknowledged]))
        expect(here, when).toEqual(sequences)
        expect((await store.get(mine.zoneId))?.record.sequence ?? 0, when).toBeGreaterThanOrEqual(published)
        expect((await store.floor(theirs.zoneId)) ?? 0, when).toBeGreaterThanOrEqual(resolved)
        await directory.close()
      }
    } finally {
      stopping.abort()
      await others
    }
  },
  60_000 + ROUNDS * 10_000,
)
