import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Sandbox } from '../../packages/cli/src/signpost-process.test-support.ts'

export interface Published {
  readonly zoneId: string
  readonly sequence: number
  readonly acks: number
  /** The octets of the signed record. */
  readonly record: Buffer
}

/** Publishes a zone of one TXT record with the key `owner` of a data directory, which is made where there is none. */
export async function publish(owner: Sandbox, text: string, flags: readonly string[]): Promise<Published> {
  const zone = join(owner.path, 'zone')
  await writeFile(zone, `@ 60 IN TXT "${text}"\n`)
  await owner.signpost(['key', 'new', 'owner'])
  const published = await owner.signpost(['publish', zone, '--key', 'owner', '--json', ...flags])
  expect(published.code, published.stderr).toBe(0)
  const { zoneId, sequence, acks } = JSON.parse(published.stdout) as Omit<Published, 'record'>
  const out = join(owner.path, String(sequence))
  const inspected = await owner.signpost(['inspect', zoneId, '--policy', 'cache-only', '--out', out])
  expect(inspected.code, inspected.stderr).toBe(0)
  return { zoneId, sequence, acks, record: await readFile(out) }
}
