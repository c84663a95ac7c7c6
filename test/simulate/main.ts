import { fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { type ScheduleReport, runSchedule } from '../../packages/node/src/simulation/schedule.test-support.ts'

// Runs schedules of the publishing race: `pnpm simulate [schedules] [first seed]`. The same seed is the same schedule.

type Outcome = { readonly seed: number } & (
  | { readonly kind: 'fine'; readonly report: Omit<ScheduleReport, 'winner'> }
  | { readonly kind: 'broken'; readonly message: string }
)

const DEFAULT_SCHEDULES = 10_000
/** The first argument of a process that runs a part of them. */
const PART = 'part'

/** Every `step`th schedule, in a process of its own. */
async function runPart(first: number, step: number, end: number): Promise<void> {
  for (let seed = first; seed < end; seed += step) process.send?.(await outcomeOf(seed))
}

async function outcomeOf(seed: number): Promise<Outcome> {
  try {
    const { published, conflicts, lost } = await runSchedule(seed)
    return { seed, kind: 'fine', report: { published, conflicts, lost } }
  } catch (error) {
    return { seed, kind: 'broken', message: (error as Error).message }
  }
}

async function runAll(schedules: number, first: number): Promise<void> {
  const startedAt = performance.now()
  const totals = { schedules: 0, published: 0, conflicts: 0, lost: 0 }
  const broken: number[] = []
  const take = (outcome: Outcome): void => {
    totals.schedules++
    if (outcome.kind === 'broken') {
      broken.push(outcome.seed)
      console.error(`${outcome.message}\n  again: npx pnpm@12 simulate 1 ${outcome.seed}`)
      return
    }
    totals.published += outcome.report.published
    totals.conflicts += outcome.report.conflicts
    totals.lost += outcome.report.lost
    if (totals.schedules % 1_000 === 0) console.log(`${totals.schedules} schedules …`)
  }
  const step = Math.min(availableParallelism(), schedules)
  await Promise.all(
    Array.from({ length: step }, async (_, at) => startPart([first + at, step, first + schedules], take)),
  )
  const seconds = Math.round((performance.now() - startedAt) / 1_000)
  console.log(
    `${totals.schedules} schedules from seed ${first} in ${seconds} s: ${totals.published} publications stood, ` +
      `${totals.conflicts} ended in a conflict, ${totals.lost} were lost and each was reported once; ` +
      `${broken.length} schedules broke a promise`,
  )
  if (broken.length > 0) process.exitCode = 1
}

async function startPart(part: readonly number[], take: (outcome: Outcome) => void): Promise<void> {
  const child = fork(import.meta.filename, [PART, ...part.map(String)])
  child.on('message', message => take(message as Outcome))
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`a part of the simulation ended with ${code}`)
}

const [what, ...numbers] = process.argv.slice(2)
if (what === PART) {
  const [first = 0, step = 0, end = 0] = numbers.map(Number)
  await runPart(first, step, end)
  process.disconnect?.()
} else await runAll(Number(what ?? DEFAULT_SCHEDULES), Number(numbers[0] ?? 1))
