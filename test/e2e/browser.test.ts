import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'
import { hasTool } from '../../packages/dns/src/debian-tool.test-support.ts'
import type { LookupVectors } from '../vectors/lookups.ts'
import type { RecordVectors } from '../vectors/records.ts'
import type { VerdictVectors } from '../vectors/verdicts.ts'
import type * as Page from './browser-page.ts'

const CHROMIUM = '/usr/bin/chromium'
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

async function load<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(join(import.meta.dirname, '../vectors', file), 'utf8')) as T
}

// One script without an import, as any web page could load it.
async function bundle(): Promise<string> {
  const build = await rolldown({
    input: join(import.meta.dirname, 'browser-page.ts'),
    platform: 'browser',
    resolve: { conditionNames: ['@signpost/source', 'browser', 'import', 'default'] },
  })
  const { output } = await build.generate({ format: 'iife', name: 'page' })
  await build.close()
  return output[0].code
}

// What the script leaves in the page.
declare const page: typeof Page

test.skipIf(!hasTool(['test', '-x', CHROMIUM], 'chromium'))(
  'a browser signs, verifies, decodes and looks up as Node does, octet for octet, and asks nobody',
  async () => {
    const { records } = await load<RecordVectors>('records.json')
    const { verdicts } = await load<VerdictVectors>('verdicts.json')
    const { zones } = await load<LookupVectors>('lookups.json')
    const recordOf = new Map(records.map(({ name, record }) => [name, record]))
    const signings: Page.Signing[] = records.map(
      ({ seed, zone, sequence, ttl, value, validity, previous }) => ({
        seed,
        zone,
        sequence,
        ttl,
        value,
        expiresAt: Date.parse(validity),
        previous: previous === null ? null : recordOf.get(previous)!,
      }),
    )
    const questions = zones.flatMap(({ zoneId, zone, lookups }) =>
      lookups.map(({ name, type, outcome, records: lines }) => ({
        question: { zoneId, zone, name, type },
        answer: { outcome, records: lines },
      })),
    )

    const script = await bundle()
    await using stack = new AsyncDisposableStack()
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS })
    stack.defer(() => browser.close())
    const tab = await browser.newPage()
    const requests: string[] = []
    const problems: string[] = []
    tab.on('request', request => void requests.push(request.url()))
    tab.on('pageerror', error => void problems.push(String(error)))
    await tab.context().setOffline(true)
    await tab.setContent('<!doctype html><title>Signpost</title>')
    await tab.addScriptTag({ content: script })

    const signed = await tab.evaluate(all => Promise.all(all.map(signing => page.sign(signing))), signings)
    const judged = await tab.evaluate(
      all => Promise.all(all.map(({ zoneId, record, now }) => page.verdictOf({ zoneId, record, now }))),
      verdicts.map(({ zoneId, record, now }) => ({ zoneId, record, now })),
    )
    const answers = await tab.evaluate(
      all => all.map(question => page.answer(question)),
      questions.map(({ question }) => question),
    )

    expect(problems).toEqual([])
    expect(requests).toEqual([])
    expect(signed).toEqual(records.map(({ record, zoneRecords }) => ({ record, zone: zoneRecords ?? [] })))
    expect(judged).toEqual(verdicts.map(({ verdict }) => verdict))
    expect(answers).toEqual(questions.map(({ answer }) => answer))
  },
)
