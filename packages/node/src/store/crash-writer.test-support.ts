// The process that the crash test kills: it writes records of many zones and says each one that is written.
import { writeSync } from 'node:fs'
import { openDataDirectory } from './data-directory.ts'
import { NOW, createOwner } from '../engine.test-support.ts'
import { openLevelStore } from './level-store.ts'

const [path = '', firstSequence = '1', zones = '1'] = process.argv.slice(2)
const store = await openLevelStore(await openDataDirectory(path))
const owners = Array.from({ length: Number(zones) }, (_, at) => createOwner(at + 1))
for (let sequence = Number(firstSequence); ; sequence++) {
  await Promise.all(
    owners.map(async (owner, at) => {
      await store.put(await owner.sign(sequence), { confirmedAt: NOW, own: at % 2 === 0 })
      // Synchronous, so that what was said was said before the kill.
      writeSync(1, `${at} ${sequence}\n`)
    }),
  )
}
