import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { LIMIT_TEXTS } from './limit-texts.ts'
import { LIMITS, type Limits } from './limits.ts'
import { RESTART_LIMITS } from './restart.ts'

const MANUAL = new URL('../../../docs/gateway.md', import.meta.url)

/** A limit's row in the manual, with its name as configuration files have it. */
function rowOf(name: keyof Limits): string {
  const key = name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
  const [unit, what] = LIMIT_TEXTS[name]
  const { default: unset, min, max } = LIMITS[name]
  const [some, least, most] = [unset, min, max].map(value => value.toLocaleString('en'))
  const restart = RESTART_LIMITS.includes(name) ? 'yes' : ''
  return `| \`${key}\` | ${some} ${unit} | ${what} | ${least} to ${most} | ${restart} |`
}

test('the manual has every limit as it is', async () => {
  const rows = (await readFile(MANUAL, 'utf8'))
    .split('\n')
    .filter(line => /^\| `[a-z0-9-]+` \| [\d,]+ /.test(line))
  expect(rows).toEqual((Object.keys(LIMITS) as (keyof Limits)[]).map(rowOf))
})
