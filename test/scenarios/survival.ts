// How long names survive their publishers, with and without a follower: prints a table, and draws docs/survival.svg.
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import {
  type SurvivalOptions,
  type SurvivalPoint,
  simulateSurvival,
} from '../../packages/node/src/follow/survival.test-support.ts'
import { drawCharts } from '../chart.ts'

const HOUR = 3_600_000
const DAYS = 7
const network = { seed: 1, peers: 200, zones: 50, churn: 0.5 }
const courses: readonly { readonly what: string; readonly followedFor: number }[] = [
  { what: 'nobody follows', followedFor: 0 },
  { what: 'one follower, for a day', followedFor: 24 * HOUR },
  { what: 'one follower', followedFor: Infinity },
]
/** The hours that the table has, besides every twelfth. */
const MARKS: ReadonlySet<number> = new Set([3, 47, 49, 71, 73])

const lookups = Array.from({ length: DAYS * 24 + 1 }, (_, hour) => hour * HOUR)
const svg = fileURLToPath(new URL('../../docs/survival.svg', import.meta.url))

async function run({ followedFor }: Pick<SurvivalOptions, 'followedFor'>): Promise<SurvivalPoint[]> {
  return simulateSurvival({ ...network, followedFor, lookups })
}

const curves = await Promise.all(courses.map(run))
console.log(
  `${network.zones} zones whose publishers are gone, ${network.peers} peers of which half are replaced every day; ` +
    'the share of zones that a stranger finds:\n',
)
console.log(['hours', ...courses.map(({ what }) => what)].join('  '))
for (const [hour] of lookups.entries())
  if (hour % 12 === 0 || MARKS.has(hour)) {
    const shares = curves.map((points, at) => {
      const { resolvable } = points[hour] as SurvivalPoint
      return `${Math.round(resolvable * 100)} %`.padStart(courses[at]?.what.length ?? 0)
    })
    console.log([String(hour).padStart(5), ...shares].join('  '))
  }
await writeFile(
  svg,
  drawCharts({
    title: 'Names that survive their publishers',
    x: { label: 'days since the publishers left', max: DAYS, step: 1 },
    y: { label: 'zones that are found, %', max: 100, step: 25 },
    lines: courses.map(({ what }, at) => ({
      what,
      points: (curves[at] ?? []).map(({ at, resolvable }) => [at / (24 * HOUR), resolvable * 100]),
    })),
  }),
)
console.log(`\ndrawn in ${svg}`)
