import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { openDataDirectory } from './data-directory.ts'
import { createOwner } from '../engine.test-support.ts'
import { openLevelStore } from './level-store.ts'
import { HISTORY_LIMIT } from './store.ts'

const ROUNDS = Number(process.env['SIGNPOST_CRASH_ROUNDS'] ?? 10)
const ZONES = 4
const writerProgram = fileURLToPath(new URL('crash-writer.test-support.ts', import.meta.url))
const root = await mkdtemp(join(tmpdir(), 'signpost-crash-'))

afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})

/** Runs the writer until it has acknowledged `acks` records, kills it there and then, and says which those were. */
async function writeAndKill(path: string, firstSequence: number, acks: number): Promise<[number, number][]> {
  const writer = spawn(
    process.execPath,
    ['--conditions=@signpost/source', writerProgram, path, String(firstSequence), String(ZONES)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const exited = once(writer, 'exit')
  let output = ''
  for await (const chunk of writer.stdout) {
    output += String(chunk)
    if (!writer.killed && output.split('\n').length > acks) writer.kill('SIGKILL')
  }
  await exited
  // A last line without its end was cut by the kill.
  return output
    .split('\n')
    .slice(0, -1)
    .map(line => line.split(' ').map(Number) as [number, number])
}

test(
  'kill -9 at any moment loses nothing that was acknowledged, and the directory opens',
  async () => {
    const path = join(root, 'data')
    const owners = Array.from({ length: ZONES }, (_, at) => createOwner(at + 1))
    const acknowledged = owners.map(() => new Set<number>())
    let next = 1
    for (let round = 0; round < ROUNDS; round++) {
      // From the first record of a fresh directory to well past LevelDB's first files.
      const acks = 1 + Math.floor(Math.random() * (round % 2 === 0 ? 20 : 600))
      for (const [zone, sequence] of await writeAndKill(path, next, acks)) acknowledged[zone]?.add(sequence)
      const directory = await openDataDirectory(path)
      const store = await openLevelStore(directory)
      for (const [at, { zoneId }] of owners.entries()) {
        const said = [...(acknowledged[at] ?? [])]
        const sequence = (await store.get(zoneId))?.record.sequence ?? 0
        expect(sequence, `zone ${at} after ${acks} acks`).toBeGreaterThanOrEqual(Math.max(0, ...said))
        // What is written together is there together.
        expect((await store.floor(zoneId)) ?? 0).toBe(sequence)
        if (at % 2 === 0) {
          const history = (await store.history(zoneId)).map(record => record.sequence)
          expect(history.at(-1) ?? 0).toBe(sequence)
          // The history is bounded: a full one has let its oldest go.
          const oldest = history.length < HISTORY_LIMIT.default ? 0 : (history[0] ?? 0)
          expect(history).toEqual(expect.arrayContaining(said.filter(sequence => sequence >= oldest)))
        }
        next = Math.max(next, sequence + 1)
      }
      await directory.close()
    }
  },
  ROUNDS * 10_000,
)
