import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Sandbox } from '../../packages/cli/src/signpost-process.test-support.ts'
import type { DrillRecord } from '../../packages/cli/src/drill/report/record.ts'

interface Summary {
  readonly verdict: string
  readonly contestants: readonly { readonly contestant: string; readonly failures: number }[]
  readonly files: { readonly html: string; readonly svg: string; readonly json: string }
}

test('the drill empties the name by a race, breaks DNS, and Signpost loses nothing', {
  timeout: 180_000,
}, async () => {
  await using sandbox = await Sandbox.create()
  const out = join(sandbox.path, 'report')
  const { code, stdout, stderr } = await sandbox.signpost(['drill', '--short', '--json', '--out', out])

  expect(stdout, stderr).not.toBe('')
  const { verdict, contestants, files } = JSON.parse(stdout) as Summary
  const record = JSON.parse(await readFile(files.json, 'utf8')) as DrillRecord
  const told = record.happenings.map(({ what }) => what).join('\n')
  // Each writer is a process of its own, so what comes between these is not the same every time.
  expect(told).toMatch(/enactor-3 applies its old plan (\d+) over plan \d+\n[^]*the active plan \1 is gone/)
  const failures = Object.fromEntries(contestants.map(({ contestant, failures }) => [contestant, failures]))
  expect(failures['plain']).toBeGreaterThan(0)
  expect(failures).toHaveProperty('guard')
  expect(await readFile(files.svg, 'utf8')).toContain('<svg')
  expect(await readFile(files.html, 'utf8')).toContain('<!doctype html>')
  expect({ code, verdict }, stderr).toEqual({ code: 0, verdict: 'held' })
})
