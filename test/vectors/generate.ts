import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { keyVectors } from './keys.ts'
import { lookupVectors } from './lookups.ts'
import { recordVectors } from './records.ts'
import { selectionVectors } from './selection.ts'
import { verdictVectors } from './verdicts.ts'

/** What each file holds. Nothing in it depends on the time, on chance or on the machine. */
export async function allVectors(): Promise<Record<string, unknown>> {
  return {
    'keys.json': keyVectors(),
    'records.json': await recordVectors(),
    'verdicts.json': await verdictVectors(),
    'selection.json': await selectionVectors(),
    'lookups.json': lookupVectors(),
  }
}

if (import.meta.main)
  for (const [file, vectors] of Object.entries(await allVectors()))
    await writeFile(join(import.meta.dirname, file), `${JSON.stringify(vectors, undefined, 2)}\n`)
